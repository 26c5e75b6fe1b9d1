import type { Evidence } from "../api/types.ts";
import { score as scoreText } from "../format/numbers.ts";
import { type Column, Table } from "../shell/Table.tsx";
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
      <Table
        className="evidence circumstances"
        columns={[...COLUMNS, pushColumn(heaviest)]}
        rows={rows}
        keyOf={(row) => row.feature}
        total={[
          "Together: the score",
          <b key="score">{scoreText(score)}</b>,
          <small key="push">{logOdds(total)}</small>,
        ]}
        caption="Log odds are added up: 0 is an even chance, each +1 makes the odds 2.7 times as good."
      />
    </section>
  );
}

const COLUMNS: readonly Column<Evidence>[] = [
  {
    title: "Seen",
    isName: true,
    cell: (row) => (
      <>
        {circumstanceName(row.feature)}
        {row.value < 0 && <small>contradicts this alert</small>}
      </>
    ),
  },
  {
    title: "How sure",
    isNumber: true,
    cell: (row) => <b>{scoreText(Math.abs(row.value))}</b>,
  },
];

function pushColumn(heaviest: number): Column<Evidence> {
  return {
    title: "Push on the score",
    className: "push",
    cell: (row) => (
      <>
        <Push weight={row.weight} heaviest={heaviest} />
        <small>
          {logOdds(row.weight)}, {isStart(row) ? "to begin with" : effect(row.weight)}
        </small>
      </>
    ),
  };
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
