import type { Evidence } from "../api/types.ts";
import { score as scoreText } from "../format/numbers.ts";
import { circumstanceName, effect, inOrder, isStart, logOdds } from "./circumstances.ts";

/** What else was seen about the token, and how far each of it moves the score. */
export function Circumstances({
  evidence,
  score,
}: {
  evidence: readonly Evidence[];
  score: number;
}) {
  const rows = inOrder(evidence);
  const heaviest = Math.max(...rows.map((row) => Math.abs(row.weight)), Number.MIN_VALUE);
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="circumstances-title">
      <h3 id="circumstances-title">What else is going on</h3>
      <table className="evidence circumstances">
        <caption>
          Log odds are added up: 0 is an even chance, each +1 makes the odds 2.7 times as good.
        </caption>
        <thead>
          <tr>
            <th scope="col">Seen</th>
            <th scope="col" className="number">
              How sure
            </th>
            <th scope="col">Push on the score</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.feature}>
              <th scope="row">
                {circumstanceName(row.feature)}
                {row.value < 0 && <small>contradicts this alert</small>}
              </th>
              <td className="number">
                <b>{scoreText(Math.abs(row.value))}</b>
              </td>
              <td className="push">
                <Push weight={row.weight} heaviest={heaviest} />
                <small>
                  {logOdds(row.weight)}, {isStart(row) ? "to begin with" : effect(row.weight)}
                </small>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot className="evidence-total">
          <tr>
            <th scope="row">Together: the score</th>
            <td className="number">
              <b>{scoreText(score)}</b>
            </td>
            <td className="push">
              <small>{logOdds(total)}</small>
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

/** A bar to the right of the middle for what raises the score, to the left for what lowers it. */
function Push({ weight, heaviest }: { weight: number; heaviest: number }) {
  const width = (50 * Math.abs(weight)) / heaviest;
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="score-track" width="100" height="8" rx="2" />
      <rect
        className={weight < 0 ? "push-down" : "push-up"}
        x={weight < 0 ? 50 - width : 50}
        width={width}
        height="8"
      />
      <rect className="gauge-baseline" x="49.6" width="0.8" height="8" />
    </svg>
  );
}
