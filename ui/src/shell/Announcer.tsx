import { useEffect, useState } from "react";
import { patternName } from "../format/words.ts";
import { useStream } from "../stream/hooks.tsx";
import type { Held } from "../stream/state.ts";

/** A screen reader should hear of grave news, not of each of hundreds of changes. */
const EVERY_MS = 5_000;

/** Reads the latest grave alert out to screen readers. */
export function Announcer() {
  const { state } = useStream();
  const [spoken, setSpoken] = useState({ text: "", at: 0 });
  useEffect(() => {
    const latest = latestGrave(state.alerts.values());
    const changedAt = latest?.changedAt ?? 0;
    if (latest === null || changedAt <= spoken.at + EVERY_MS) return;
    const { severity, symbol, pattern, explanation } = latest.alert;
    setSpoken({
      text: `${severity}: ${symbol}, ${patternName(pattern)}. ${explanation}`,
      at: changedAt,
    });
  }, [state.alerts, spoken.at]);
  return (
    <div className="visually-hidden" aria-live="polite">
      {spoken.text}
    </div>
  );
}

function latestGrave(alerts: Iterable<Held>): Held | null {
  let latest: Held | null = null;
  for (const held of alerts) {
    const { severity, revision, status } = held.alert;
    const grave = (severity === "critical" || severity === "high") && status === "open";
    if (!grave || revision > 1 || held.changedAt === null) continue;
    if (latest === null || held.changedAt > (latest.changedAt ?? 0)) latest = held;
  }
  return latest;
}
