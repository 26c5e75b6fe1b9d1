import type { ReactNode } from "react";
import { absoluteTime, duration } from "../format/time.ts";
import { useStream, useStreamClient } from "../stream/hooks.tsx";
import { lagWarning } from "./freshness.ts";
import { useFreshness } from "./useFreshness.tsx";
import { useNow } from "./useNow.ts";

/** Says plainly that the page is behind, since when, and what happens next. */
export function ConnectionBanner() {
  const { connection, state } = useStream();
  if (connection === "disconnected") return <Disconnected />;
  if (connection === "stale") {
    return <Banner tone="warning">The server has gone quiet. What you see may be behind.</Banner>;
  }
  if (connection === "live" && !state.databaseUp) {
    return (
      <Banner tone="warning">
        The server cannot reach its database. What you see may be behind; it catches up by itself.
      </Banner>
    );
  }
  return <Behind />;
}

function Banner({ tone, children }: { tone: "warning" | "error"; children: ReactNode }) {
  return (
    <aside className="banner" data-tone={tone} aria-label="Connection">
      {children}
    </aside>
  );
}

/** The connection is well, but what it brings is late. */
function Behind() {
  const text = lagWarning(useFreshness(), useNow());
  return text === "" ? null : <Banner tone="warning">{text} Alerts may come late.</Banner>;
}

function Disconnected() {
  const { retryAt, liveUntil } = useStream();
  const client = useStreamClient();
  const now = useNow();
  const wait = retryAt === null ? 0 : retryAt - now;
  return (
    <Banner tone="error">
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
    </Banner>
  );
}
