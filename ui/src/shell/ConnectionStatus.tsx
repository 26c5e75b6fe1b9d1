import { bothTimes, relativeTime } from "../format/time.ts";
import type { Connection } from "../stream/client.ts";
import { useStream } from "../stream/hooks.tsx";
import { isSilent } from "./freshness.ts";
import { useFreshness } from "./useFreshness.tsx";
import { useNow } from "./useNow.ts";

const WORDS: Readonly<Record<Connection, string>> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Stale",
  disconnected: "Disconnected",
  "signed-out": "Signed out",
};

/** One word on whether what is shown is what is so. */
export function ConnectionStatus() {
  const { connection, state } = useStream();
  const kind = connection === "live" && !state.databaseUp ? "stale" : connection;
  return (
    <div className="connection" data-connection={kind}>
      <DataAge />
      <span className="dot" aria-hidden="true" />
      <span className="connection-word" role="status">
        {WORDS[kind]}
      </span>
    </div>
  );
}

/** Beside the word, and not read out: the connection may be live while its sources are silent. */
function DataAge() {
  const freshness = useFreshness();
  const now = useNow();
  const { newestEvent } = freshness;
  if (newestEvent === null) return null;
  return (
    <time
      className="data-age"
      dateTime={new Date(newestEvent).toISOString()}
      title={`The newest event is of ${bothTimes(new Date(newestEvent).toISOString())}`}
      data-silent={isSilent(freshness, now)}
    >
      newest event {relativeTime(newestEvent, now)}
    </time>
  );
}
