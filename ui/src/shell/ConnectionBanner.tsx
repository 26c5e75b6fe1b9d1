import { absoluteTime, duration } from "../format/time.ts";
import { useStream, useStreamClient } from "../stream/hooks.tsx";
import { useNow } from "./useNow.ts";

/** Says plainly that the page is behind, since when, and what happens next. */
export function ConnectionBanner() {
  const { connection, state } = useStream();
  if (connection === "disconnected") return <Disconnected />;
  if (connection === "stale") {
    return (
      <div className="banner" data-tone="warning">
        The server has gone quiet. What you see may be behind.
      </div>
    );
  }
  if (connection === "live" && !state.databaseUp) {
    return (
      <div className="banner" data-tone="warning">
        The server cannot reach its database. What you see may be behind; it catches up by itself.
      </div>
    );
  }
  return null;
}

function Disconnected() {
  const { retryAt, liveUntil } = useStream();
  const client = useStreamClient();
  const now = useNow();
  const wait = retryAt === null ? 0 : retryAt - now;
  return (
    <div className="banner" data-tone="error">
      <span>
        Disconnected.{" "}
        {liveUntil === null
          ? "Nothing is live yet. "
          : `Complete up to ${absoluteTime(liveUntil, now)} UTC; what you miss comes in afterwards. `}
        {wait >= 1000 ? `Next try in ${duration(wait)}.` : "Reconnecting…"}
      </span>
      <button type="button" onClick={client.retryNow}>
        Reconnect now
      </button>
    </div>
  );
}
