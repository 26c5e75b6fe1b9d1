import type { Detector } from "../api/types.ts";
import { EVERYTHING, writeFilter } from "../feed/filter.ts";
import { amount, score } from "../format/numbers.ts";
import { patternName } from "../format/words.ts";
import { Empty } from "../shell/Empty.tsx";
import { alertsHref } from "../shell/router.ts";
import { type Column, Table, TableFrame } from "../shell/Table.tsx";
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
      {detectors.length > 0 && (
        <TableFrame label="Detectors and their precision">
          <Table
            className="detectors"
            columns={COLUMNS}
            rows={detectors}
            keyOf={(each) => `${each.pattern}/${each.detector_version}`}
            marksOf={(each) => ({
              "data-below": each.below_floor,
              "data-current": each.current,
            })}
          />
        </TableFrame>
      )}
      {detectors.length === 0 && !loading && error === null && (
        <Empty title="No detector has raised an alert yet">
          They are listed with their first alert.
        </Empty>
      )}
    </section>
  );
}

const COLUMNS: readonly Column<Detector>[] = [
  {
    title: "Detector",
    isName: true,
    cell: ({ pattern, detector_version: version, current, below_floor: isBelow }) => (
      <>
        <a href={alertsHref(writeFilter({ ...EVERYTHING, pattern, all: true }))}>
          {patternName(pattern)}
        </a>
        <small>
          version {version}
          {!current && ", replaced"}
        </small>
        {isBelow && <strong className="below-floor">Below its floor</strong>}
      </>
    ),
  },
  {
    title: "Precision",
    className: "precision",
    cell: (detector) => <PrecisionBar detector={detector} />,
  },
  { title: "Floor", isNumber: true, cell: ({ floor }) => score(floor) },
  { title: "Alerts", isNumber: true, cell: ({ alerts }) => amount(alerts) },
  { title: "Right", isNumber: true, cell: ({ verdicts }) => verdicts.right },
  { title: "Wrong", isNumber: true, cell: ({ verdicts }) => verdicts.wrong },
  { title: "Not sure", isNumber: true, cell: ({ verdicts }) => verdicts.unsure },
  { title: "Judged", isNumber: true, cell: ({ judged }) => judged },
];
