import type { Detector } from "../api/types.ts";
import { amount, score } from "../format/numbers.ts";
import { patternName } from "../format/words.ts";
import { Empty } from "../shell/Empty.tsx";
import { PrecisionBar } from "./PrecisionBar.tsx";
import { useDetectors } from "./useDetectors.tsx";

/** Each version of each detector: its alerts, and how many users find right. */
export function DetectorsPage() {
  const { detectors, error, loading } = useDetectors();
  return (
    <section className="detectors-page" aria-labelledby="detectors-title">
      <header className="detectors-head">
        <h1 id="detectors-title">Detectors</h1>
        <p>
          Precision is the share of judged alerts that were right, with the range it lies in with 95
          % certainty. Judge an alert where you read it.
        </p>
      </header>
      {error !== null && <p className="inline-error">{error.message}</p>}
      {detectors.length === 0 && loading && <div className="feed-loading" aria-busy="true" />}
      {detectors.length > 0 && <DetectorTable detectors={detectors} />}
      {detectors.length === 0 && !loading && error === null && (
        <Empty title="No detector has raised an alert yet">
          They are listed with their first alert.
        </Empty>
      )}
    </section>
  );
}

function DetectorTable({ detectors }: { detectors: readonly Detector[] }) {
  return (
    <div className="table-scroll">
      <table className="detectors">
        <thead>
          <tr>
            <th scope="col">Detector</th>
            <th scope="col">Precision</th>
            <th scope="col" className="number">
              Floor
            </th>
            <th scope="col" className="number">
              Alerts
            </th>
            <th scope="col" className="number">
              Right
            </th>
            <th scope="col" className="number">
              Wrong
            </th>
            <th scope="col" className="number">
              Not sure
            </th>
            <th scope="col" className="number">
              Judged
            </th>
          </tr>
        </thead>
        <tbody>
          {detectors.map((detector) => (
            <Row key={`${detector.pattern}/${detector.detector_version}`} detector={detector} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ detector }: { detector: Detector }) {
  const { verdicts } = detector;
  return (
    <tr data-below={detector.below_floor} data-current={detector.current}>
      <th scope="row">
        {patternName(detector.pattern)}
        <small>
          version {detector.detector_version}
          {!detector.current && ", replaced"}
        </small>
        {detector.below_floor && <strong className="below-floor">Below its floor</strong>}
      </th>
      <td className="precision">
        <PrecisionBar detector={detector} />
      </td>
      <td className="number">{score(detector.floor)}</td>
      <td className="number">{amount(detector.alerts)}</td>
      <td className="number">{verdicts.right}</td>
      <td className="number">{verdicts.wrong}</td>
      <td className="number">{verdicts.unsure}</td>
      <td className="number">{detector.judged}</td>
    </tr>
  );
}
