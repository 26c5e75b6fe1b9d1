import type { Connection } from "../stream/client.ts";
import { useStream } from "../stream/hooks.tsx";

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
    <span className="connection" data-connection={kind} role="status">
      <span className="dot" aria-hidden="true" />
      <span className="connection-word">{WORDS[kind]}</span>
    </span>
  );
}
