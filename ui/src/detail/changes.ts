/** What one revision of an alert changed. Pure. */

import type { Alert } from "../api/types.ts";
import { score, share } from "../format/numbers.ts";
import { plain } from "../format/words.ts";
import { isPart } from "../stream/events.ts";
import { circumstanceName, isCircumstance, isStart } from "./circumstances.ts";

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
  if (parts.length === 0) return "Evidence brought up to date";
  const text = parts.join(" · ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
