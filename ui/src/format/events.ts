/** What a row says about the event its alert belongs to, in plain words. */

import type { Alert } from "../api/types.ts";
import { isPart } from "../stream/events.ts";
import { patternName } from "./words.ts";

/** `Mention burst, Whale dump (retracted)` */
export function alertNames(alerts: readonly Alert[]): string {
  return alerts
    .map(({ pattern, status }) => {
      const over = status === "resolved" || status === "retracted";
      return over ? `${patternName(pattern)} (${status})` : patternName(pattern);
    })
    .join(", ");
}

/** `Part of pump and dump`; empty for an alert that speaks for itself. */
export function partOf(alert: Alert, leader: Alert | null): string {
  if (!isPart(alert)) return "";
  return `Part of ${leader === null ? "another alert" : patternName(leader.pattern).toLowerCase()}`;
}
