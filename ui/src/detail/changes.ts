/** What one revision of an alert changed. Pure. */

import type { Alert } from "../api/types.ts";
import { score } from "../format/numbers.ts";
import { plain } from "../format/words.ts";

/** What differs from the revision before, in a few words. */
export function changes(before: Alert, after: Alert): string {
  const parts: string[] = [];
  if (before.status !== after.status) parts.push(plain(after.status));
  if (before.phase !== after.phase) parts.push(`phase: ${plain(after.phase).toLowerCase()}`);
  if (before.severity !== after.severity) parts.push(`${before.severity} → ${after.severity}`);
  if (score(before.score) !== score(after.score)) {
    parts.push(`score ${score(before.score)} → ${score(after.score)}`);
  }
  const known = new Set(before.evidence.map((each) => each.feature));
  const added = after.evidence.filter((each) => !known.has(each.feature));
  if (added.length > 0) {
    parts.push(
      `new evidence: ${added.map((each) => plain(each.feature).toLowerCase()).join(", ")}`,
    );
  }
  if (parts.length === 0) return "Evidence brought up to date";
  const text = parts.join(" · ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
