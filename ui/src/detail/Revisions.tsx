import type { Alert } from "../api/types.ts";
import { score } from "../format/numbers.ts";
import { absoluteTime, fullTime } from "../format/time.ts";
import { plain } from "../format/words.ts";
import { useNow } from "../shell/useNow.ts";

/** Every revision, latest first, with what it changed. */
export function Revisions({ revisions }: { revisions: readonly Alert[] }) {
  const now = useNow();
  return (
    <ol className="revisions">
      {revisions.toReversed().map((revision) => {
        const before = revisions.find((other) => other.revision === revision.revision - 1);
        return (
          <li key={revision.revision} data-severity={revision.severity}>
            <div>
              <b>{before === undefined ? "Opened" : changes(before, revision)}</b>
              <time dateTime={revision.updated_at} title={fullTime(revision.updated_at)}>
                {absoluteTime(revision.updated_at, now)} UTC
              </time>
            </div>
            <p>{revision.explanation}</p>
          </li>
        );
      })}
    </ol>
  );
}

/** What differs from the revision before, in a few words. */
export function changes(before: Alert, after: Alert): string {
  const parts: string[] = [];
  if (before.status !== after.status) parts.push(plain(after.status));
  if (before.phase !== after.phase) parts.push(`Phase: ${plain(after.phase).toLowerCase()}`);
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
