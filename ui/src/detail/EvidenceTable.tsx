import type { Evidence } from "../api/types.ts";
import { amount } from "../format/numbers.ts";
import { plain } from "../format/words.ts";

/** What speaks for the alert, the weightiest first: its value against baseline and threshold. */
export function EvidenceTable({ evidence }: { evidence: readonly Evidence[] }) {
  const rows = evidence.toSorted((a, b) => b.weight - a.weight);
  const heaviest = Math.max(...rows.map((row) => Math.abs(row.weight)), Number.MIN_VALUE);
  if (rows.length === 0) return <p className="quiet-text">This revision names no evidence.</p>;
  return (
    <table className="evidence">
      <caption>
        Bars show the value; ticks mark its <i className="baseline">baseline</i> and its{" "}
        <i className="threshold">threshold</i>.
      </caption>
      <thead>
        <tr>
          <th scope="col">Feature</th>
          <th scope="col" className="number">
            Value
          </th>
          <th scope="col" className="number">
            Baseline
          </th>
          <th scope="col" className="number">
            Threshold
          </th>
          <th scope="col">Weight</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.feature}>
            <th scope="row">
              {plain(row.feature)}
              <Gauge evidence={row} />
            </th>
            <td className="number">
              <b>{amount(row.value)}</b>
            </td>
            <td className="number">{optional(row.baseline)}</td>
            <td className="number">{optional(row.threshold)}</td>
            <td className="weight">
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect className="score-track" width="100" height="8" rx="2" />
                <rect
                  className="weight-fill"
                  width={(100 * Math.abs(row.weight)) / heaviest}
                  height="8"
                  rx="2"
                />
              </svg>
              <small>{amount(row.weight)}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function optional(value: number | null): string {
  return value === null ? "–" : amount(value);
}

/** The value as a bar, with ticks at baseline and threshold, all on one scale from zero. */
function Gauge({ evidence }: { evidence: Evidence }) {
  const { value, baseline, threshold } = evidence;
  const points = [0, value, baseline ?? 0, threshold ?? 0].filter(Number.isFinite);
  const low = Math.min(...points);
  const span = (Math.max(...points) - low) * 1.06 || 1;
  const place = (x: number) => (Number.isFinite(x) ? (100 * (x - low)) / span : 100);
  const zero = place(0);
  const end = place(value);
  return (
    <svg className="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="score-track" y="2" width="100" height="4" />
      <rect
        className="gauge-value"
        x={Math.min(zero, end)}
        y="2"
        width={Math.abs(end - zero)}
        height="4"
      />
      {baseline !== null && (
        <rect className="gauge-baseline" x={place(baseline)} width="0.8" height="8" />
      )}
      {threshold !== null && (
        <rect className="gauge-threshold" x={place(threshold)} width="0.8" height="8" />
      )}
    </svg>
  );
}
