/** The latest alert that is worth disturbing somebody for. */

import { useEffect, useRef, useState } from "react";
import { useStream } from "../stream/hooks.tsx";
import type { Held } from "../stream/state.ts";

/** People should hear of grave news, not of each of hundreds of changes. */
const EVERY_MS = 5_000;

/** Null until one opens before the reader's eyes; then the latest, at most every five seconds. */
export function useGraveNews(): Held | null {
  const { state } = useStream();
  const [news, setNews] = useState<Held | null>(null);
  const toldAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const latest = latestGrave(state.alerts.values());
    if (latest === null || (latest.changedAt ?? 0) <= (news?.changedAt ?? 0)) return;
    const tell = () => {
      toldAt.current = Date.now();
      setNews(latest);
    };
    const wait = toldAt.current + EVERY_MS - Date.now();
    if (wait <= 0) {
      tell();
      return;
    }
    const timer = setTimeout(tell, wait);
    return () => clearTimeout(timer);
  }, [state.alerts, news]);
  return news;
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
