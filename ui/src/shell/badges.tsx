import type { Alert, Severity, Status } from "../api/types.ts";
import { score as scoreText, share } from "../format/numbers.ts";
import { patternAtRisk, plain } from "../format/words.ts";

/** Severity in colour and in letters, so that it needs no colour vision. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <span className="severity" data-severity={severity}>
      {plain(severity)}
    </span>
  );
}

export function StatusTag({ status }: { status: Status }) {
  return (
    <span className="status" data-status={status}>
      {plain(status)}
    </span>
  );
}

/** A score of 0..1 as a number and a bar. */
export function ScoreMeter({ score }: { score: number }) {
  return (
    <span className="score">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="score-track" width="100" height="6" rx="3" />
        <rect className="score-fill" width={Math.round(score * 100)} height="6" rx="3" />
      </svg>
      <span className="visually-hidden">score </span>
      {scoreText(score)}
    </span>
  );
}

/** What is at risk, as a part of what the pattern says; a dash when it is not known. */
export function RiskShare({ alert }: { alert: Pick<Alert, "impact" | "pattern"> }) {
  return (
    <span className="row-risk" title={patternAtRisk(alert.pattern)}>
      <span className="visually-hidden">at risk </span>
      {alert.impact > 0 ? share(alert.impact) : "–"}
    </span>
  );
}
