/** Which alerts the feed shows, in order. Pure. */

import type { Alert } from "../api/types.ts";
import { compareOldestFirst, isPart, leaderOf, speakerOf } from "../stream/events.ts";
import { type Alerts, compareNewestFirst, type Held } from "../stream/state.ts";
import { type Filter, isEverything, passes } from "./filter.ts";

/** The place of the oldest alert that was read from REST; below it there may be gaps. */
export type Floor = Pick<Alert, "event_time" | "id">;

/** One row: an alert, and what else is part of its event and has no row of its own. */
export interface Row {
  readonly held: Held;
  readonly others: readonly Alert[];
  /** The alert at the head of its event, if it is another one. Null also when it is not known. */
  readonly leader: Alert | null;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** How many alerts passed, with and without a row: what the page has to hold for these rows. */
  readonly alerts: number;
  /** How many rows stay; the others go into that of their leader once it has been read. */
  readonly settled: number;
}

/**
 * The alerts that pass, newest first, down to the floor (null: down to the beginning), one row an
 * event unless the filter says all.
 *
 * Below the floor we may know some alerts (open ones, say) but not all; showing those would later
 * push others in between, under the reader's eyes.
 *
 * What is part of another alert has no row of its own only when that one has a row: a filter that
 * its leader does not pass, or a leader that is not read yet, makes nothing vanish. An alert that
 * was taken back speaks for no other.
 */
export function feedRows(alerts: Alerts, filter: Filter, floor: Floor | null): Rows {
  const hasPlace = (alert: Alert) =>
    passes(filter, alert) && (floor === null || compareNewestFirst(alert, floor) <= 0);
  const maySpeakLater = (alert: Alert) => alert.status !== "retracted" && passes(filter, alert);
  const maySpeak = (alert: Alert) => !filter.all && alert.status !== "retracted" && hasPlace(alert);
  const shown: Held[] = [];
  const others = new Map<string, Alert[]>();
  let count = 0;
  for (const held of alerts.values()) {
    const { alert } = held;
    const speaker = isPart(alert) ? speakerOf(alerts, alert, maySpeak) : null;
    if (speaker !== null) listed(others, speaker.id).push(alert);
    if (!hasPlace(alert)) continue;
    count += 1;
    if (speaker === null) shown.push(held);
  }
  /** Whether its leader lies below the floor, or may do so. */
  const waits = (alert: Alert) =>
    floor !== null &&
    !filter.all &&
    isPart(alert) &&
    (leaderOf(alerts, alert) === null
      ? isEverything(filter)
      : speakerOf(alerts, alert, maySpeakLater) !== null);
  const rows = shown
    .sort((a, b) => compareNewestFirst(a.alert, b.alert))
    .map((held) => ({
      held,
      others: (others.get(held.alert.id) ?? NONE).toSorted(compareOldestFirst),
      leader: isPart(held.alert) ? leaderOf(alerts, held.alert) : null,
    }));
  const settled = shown.filter(({ alert }) => !waits(alert)).length;
  return { rows, alerts: count, settled };
}

const NONE: readonly Alert[] = [];

function listed(lists: Map<string, Alert[]>, key: string): Alert[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** How many rows stand above the place of this alert, also when it has no row any more. */
export function placeOf(rows: readonly Row[], alert: Floor): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && compareNewestFirst(row.held.alert, alert) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ids of the first `count` rows that were no rows before. */
export function arrivals(before: readonly Row[], rows: readonly Row[], count: number): string[] {
  const known = new Set(before.map((row) => row.held.alert.id));
  const first = rows.slice(0, count).map((row) => row.held.alert.id);
  return first.filter((id) => !known.has(id));
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
