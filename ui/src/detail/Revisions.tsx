import type { Alert } from "../api/types.ts";
import { absoluteTime, bothTimes } from "../format/time.ts";
import { useNow } from "../shell/useNow.ts";
import { changes } from "./changes.ts";

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
              <time dateTime={revision.updated_at} title={bothTimes(revision.updated_at)}>
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
