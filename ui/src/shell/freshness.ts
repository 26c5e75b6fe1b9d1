/** How old the newest event is, and how far behind it the trading signals are. Pure. */

import type { Token } from "../api/types.ts";
import { absoluteTime, duration } from "../format/time.ts";

/** In milliseconds since the epoch; null where there is none. */
export interface Freshness {
  readonly newestEvent: number | null;
  readonly newestSignal: number | null;
}

/** A feed that is silent for this long deserves a look. */
const SILENT_MS = 60_000;
/** Windows close every ten seconds; this much more is no matter of chance. */
const BEHIND_MS = 120_000;
/** Older than this, what is shown is a recording, and nothing is late. */
const RECORDED_MS = 86_400_000;

export function freshnessOf(tokens: readonly Token[]): Freshness {
  return {
    newestEvent: latest(tokens.map((token) => token.last_event_time)),
    newestSignal: latest(tokens.map((token) => token.price_time)),
  };
}

export function isSilent({ newestEvent }: Freshness, now: number): boolean {
  if (newestEvent === null) return false;
  const age = now - newestEvent;
  return age > SILENT_MS && age < RECORDED_MS;
}

/** `Signals reach to 17:52:00 UTC, 51 min behind the newest event.`; "" when they keep up. */
export function lagWarning({ newestEvent, newestSignal }: Freshness, now: number): string {
  if (newestEvent === null || newestSignal === null) return "";
  const behind = newestEvent - newestSignal;
  if (behind < BEHIND_MS || now - newestEvent > RECORDED_MS) return "";
  const place = absoluteTime(newestSignal, now);
  return `Trades are worked through up to ${place} UTC, ${duration(behind)} behind the newest event.`;
}

function latest(times: readonly (string | null)[]): number | null {
  const known = times.flatMap((time) => (time === null ? [] : [Date.parse(time)]));
  return known.length === 0 ? null : Math.max(...known);
}
