import type { Alert } from "../api/types.ts";
import { absoluteTime, bothTimes } from "../format/time.ts";
import { useNow } from "../shell/useNow.ts";
import { stepsOf } from "./changes.ts";

/** What the revisions changed, latest first; those that changed nothing are counted. */
export function Revisions({ revisions }: { revisions: readonly Alert[] }) {
  const now = useNow();
  return (
    <ol className="revisions">
      {stepsOf(revisions).map(({ revision, title, explanation }) => (
        <li key={revision.revision} data-severity={revision.severity}>
          <div>
            <b>{title}</b>
            <time dateTime={revision.updated_at} title={bothTimes(revision.updated_at)}>
              {absoluteTime(revision.updated_at, now)} UTC
            </time>
          </div>
          {explanation !== null && <p>{explanation}</p>}
        </li>
      ))}
    </ol>
  );
}
