/** Which alerts the feed shows, in order. Pure. */

import type { Alert } from "../api/types.ts";
import { type Alerts, compareNewestFirst, type Held } from "../stream/state.ts";
import { type Filter, passes } from "./filter.ts";

/** The place of the oldest alert that was read from REST; below it there may be gaps. */
export type Floor = Pick<Alert, "event_time" | "id">;

/**
 * The alerts that pass, newest first, down to the floor (null: down to the beginning).
 *
 * Below the floor we may know some alerts (open ones, say) but not all; showing those would later
 * push others in between, under the reader's eyes.
 */
export function feedRows(alerts: Alerts, filter: Filter, floor: Floor | null): Held[] {
  const rows: Held[] = [];
  for (const held of alerts.values()) {
    if (!passes(filter, held.alert)) continue;
    if (floor !== null && compareNewestFirst(held.alert, floor) > 0) continue;
    rows.push(held);
  }
  return rows.sort((a, b) => compareNewestFirst(a.alert, b.alert));
}

export interface Window {
  readonly first: number;
  readonly end: number;
}

/** Rows drawn beyond each edge, so that quick scrolling shows no blank. */
const OVERSCAN = 8;

/** The rows to draw, `[first, end)`; all rows are `rowHeight` pixels high. */
export function windowOf(
  count: number,
  rowHeight: number,
  scrollTop: number,
  viewHeight: number,
): Window {
  const first = Math.floor(scrollTop / rowHeight) - OVERSCAN;
  const end = Math.ceil((scrollTop + viewHeight) / rowHeight) + OVERSCAN;
  return { first: clamp(first, 0, count), end: clamp(end, 0, count) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
