/** What one revision of an alert changed. Pure. */

import type { Alert } from "../api/types.ts";
import { score, share } from "../format/numbers.ts";
import { plain } from "../format/words.ts";
import { isPart } from "../stream/events.ts";
import { circumstanceName, isCircumstance, isStart } from "./circumstances.ts";

const UP_TO_DATE = "Evidence brought up to date";

/** One step of an alert's history: a revision, or several in a row that say nothing new. */
export interface Step {
  readonly revision: Alert;
  readonly title: string;
  /** What it says; null when it says the same as the one before. */
  readonly explanation: string | null;
}

/** The revisions, oldest first, as steps, latest first. */
export function stepsOf(revisions: readonly Alert[]): Step[] {
  const steps: Step[] = [];
  let repeated = 0;
  for (const revision of revisions) {
    const before = revisions.find((other) => other.revision === revision.revision - 1);
    const title = before === undefined ? "Opened" : changes(before, revision);
    const isSame = before?.explanation === revision.explanation;
    const isRepeated = isSame && title === UP_TO_DATE;
    repeated = isRepeated ? repeated + 1 : 0;
    if (repeated > 1) steps.pop();
    steps.push({
      revision,
      title: repeated > 1 ? `${title}, ${repeated} times` : title,
      explanation: isSame ? null : revision.explanation,
    });
  }
  return steps.reverse();
}

/** What differs from the revision before, in a few words. */
export function changes(before: Alert, after: Alert): string {
  const parts: string[] = [];
  if (before.status !== after.status) parts.push(plain(after.status));
  if (before.phase !== after.phase) parts.push(`phase: ${plain(after.phase).toLowerCase()}`);
  if (before.severity !== after.severity) parts.push(`${before.severity} → ${after.severity}`);
  if (score(before.score) !== score(after.score)) {
    parts.push(`score ${score(before.score)} → ${score(after.score)}`);
  }
  if (share(before.impact) !== share(after.impact)) {
    parts.push(`at risk ${share(before.impact)} → ${share(after.impact)}`);
  }
  if ((before.part_of ?? null) !== (after.part_of ?? null)) {
    parts.push(isPart(after) ? "part of another alert" : "speaks for itself again");
  }
  const known = new Set(before.evidence.map((each) => each.feature));
  const added = after.evidence.filter((each) => !known.has(each.feature) && !isStart(each));
  const own = added.filter((each) => !isCircumstance(each)).map((each) => plain(each.feature));
  const also = added.filter(isCircumstance).map((each) => circumstanceName(each.feature));
  if (own.length > 0) parts.push(`new evidence: ${own.join(", ").toLowerCase()}`);
  if (also.length > 0) parts.push(`also seen: ${also.join(", ").toLowerCase()}`);
  if (parts.length === 0) return UP_TO_DATE;
  const text = parts.join(" · ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
