import type { Evidence } from "../api/types.ts";
import { amount } from "../format/numbers.ts";
import { type Column, Table } from "../shell/Table.tsx";
import { featureName, isYesOrNo, measure } from "./measures.ts";

/** What speaks for the alert, the weightiest first: its value against baseline and threshold. */
export function EvidenceTable({ evidence }: { evidence: readonly Evidence[] }) {
  const rows = evidence.toSorted((a, b) => b.weight - a.weight);
  const heaviest = Math.max(...rows.map((row) => Math.abs(row.weight)), Number.MIN_VALUE);
  if (rows.length === 0) return <p className="quiet-text">This revision names no evidence.</p>;
  return (
    <Table
      className="evidence"
      columns={[...COLUMNS, weightColumn(heaviest)]}
      rows={rows}
      keyOf={(row) => row.feature}
      caption={
        <>
          Bars show the value; ticks mark its <i className="baseline">baseline</i> and its{" "}
          <i className="threshold">threshold</i>.
        </>
      }
    />
  );
}

const COLUMNS: readonly Column<Evidence>[] = [
  {
    title: "Feature",
    isName: true,
    cell: (row) => (
      <>
        {featureName(row.feature)}
        <Gauge evidence={row} />
      </>
    ),
  },
  {
    title: "Value",
    isNumber: true,
    cell: (row) => <b>{measure(row.feature, row.value)}</b>,
  },
  { title: "Baseline", isNumber: true, cell: (row) => optional(row.feature, row.baseline) },
  { title: "Threshold", isNumber: true, cell: (row) => optional(row.feature, row.threshold) },
];

function weightColumn(heaviest: number): Column<Evidence> {
  return {
    title: "Weight",
    className: "weight",
    cell: ({ weight }) => (
      <>
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect className="score-track" width="100" height="8" rx="2" />
          <rect
            className="weight-fill"
            width={(100 * Math.abs(weight)) / heaviest}
            height="8"
            rx="2"
          />
        </svg>
        <small>{amount(weight)}</small>
      </>
    ),
  };
}

function optional(feature: string, value: number | null): string {
  return value === null ? "–" : measure(feature, value);
}

/**
 * The value as a bar, with ticks at baseline and threshold, all on one scale from zero. A value
 * that is compared with nothing has none: its bar would always be full.
 */
function Gauge({ evidence }: { evidence: Evidence }) {
  const { value, baseline, threshold } = evidence;
  if ((baseline === null && threshold === null) || isYesOrNo(evidence.feature)) return null;
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
