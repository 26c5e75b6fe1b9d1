import { expect, test } from "vitest";
import {
  asAlertQuery,
  cleared,
  EVERYTHING,
  type Filter,
  isEverything,
  passes,
  readFilter,
  writeFilter,
} from "../src/feed/filter.ts";
import { arrivals, type Floor, feedRows, placeOf, windowOf } from "../src/feed/rows.ts";
import type { Alerts } from "../src/stream/state.ts";
import { alertOf } from "./alerts.ts";

function held(...alerts: ReturnType<typeof alertOf>[]): Alerts {
  return new Map(alerts.map((alert) => [alert.id, { alert, changedAt: null }]));
}

const at = (minute: number) => `2026-03-01T12:${String(minute).padStart(2, "0")}:00.000Z`;

test("a filter survives the way through the address", () => {
  const filter = {
    token: "eth:0xabc&d",
    pattern: "whale_dump",
    severity: "high",
    status: "open",
    minScore: 0.55,
    all: true,
  } as const;
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(isEverything(readFilter(new URLSearchParams()))).toBe(true);
});

test("nonsense in an address is left out", () => {
  const query = new URLSearchParams("pattern=moon&severity=&status=lost&min_score=seven");
  expect(readFilter(query)).toEqual(EVERYTHING);
});

test("REST is asked for what the page filters by", () => {
  expect(asAlertQuery({ ...EVERYTHING, severity: "low", minScore: 0.5 })).toEqual({
    token: null,
    pattern: [],
    severity: ["low"],
    status: [],
    min_score: 0.5,
  });
});

test("each condition of a filter must hold", () => {
  const alert = alertOf({ id: "x", seq: 1, score: 0.6 });
  expect(passes(EVERYTHING, alert)).toBe(true);
  expect(passes({ ...EVERYTHING, token: "WIF" }, alert)).toBe(false);
  expect(passes({ ...EVERYTHING, pattern: "whale_dump" }, alert)).toBe(false);
  expect(passes({ ...EVERYTHING, severity: "low" }, alert)).toBe(false);
  expect(passes({ ...EVERYTHING, status: "resolved" }, alert)).toBe(false);
  expect(passes({ ...EVERYTHING, minScore: 0.65 }, alert)).toBe(false);
  expect(passes({ ...EVERYTHING, minScore: 0.6 }, alert)).toBe(true);
});

test("rows are newest first and end at the floor, below which some may be missing", () => {
  const alerts = held(
    alertOf({ id: "old-open", seq: 1, event_time: at(1) }),
    alertOf({ id: "floor", seq: 2, event_time: at(5) }),
    alertOf({ id: "new", seq: 3, event_time: at(9) }),
  );
  const ids = (floor: { id: string; event_time: string } | null) =>
    feedRows(alerts, EVERYTHING, floor).rows.map(({ held }) => held.alert.id);
  expect(ids({ id: "floor", event_time: at(5) })).toEqual(["new", "floor"]);
  expect(ids(null)).toEqual(["new", "floor", "old-open"]);
});

test("how rows are laid out is no filter, and clearing the filters keeps it", () => {
  const all = { ...EVERYTHING, all: true };
  expect(isEverything(all)).toBe(true);
  expect(asAlertQuery(all)).toEqual(asAlertQuery(EVERYTHING));
  expect(cleared({ ...all, token: "PEPE", minScore: 0.5 })).toEqual(all);
});

const pump = alertOf({ id: "pump", seq: 1, event_time: at(5) });
const part = { part_of: "pump", severity: "low" } as const;
const burst = alertOf({
  ...part,
  id: "burst",
  seq: 2,
  event_time: at(4),
  pattern: "mention_burst",
});
const whale = alertOf({ ...part, id: "whale", seq: 3, event_time: at(6), pattern: "whale_dump" });

/** Each row as `id`, or `id+others`. */
function rowsOf(alerts: Alerts, filter: Filter, floor: Floor | null = null): string[] {
  return feedRows(alerts, filter, floor).rows.map(({ held, others }) =>
    [held.alert.id, ...others.map(({ id }) => id)].join("+"),
  );
}

test("an event is one row, that of the alert which speaks for it", () => {
  const alerts = held(whale, pump, burst, alertOf({ id: "other", seq: 4, event_time: at(1) }));
  expect(rowsOf(alerts, EVERYTHING)).toEqual(["pump+burst+whale", "other"]);
  expect(rowsOf(alerts, { ...EVERYTHING, all: true })).toEqual(["whale", "pump", "burst", "other"]);
});

test("what is part of an alert that does not pass has a row of its own and says so", () => {
  const alerts = held(pump, burst, whale);
  const bursts = { ...EVERYTHING, pattern: "mention_burst" } as const;
  expect(rowsOf(alerts, bursts)).toEqual(["burst"]);
  expect(feedRows(alerts, bursts, null).rows[0]?.leader).toBe(pump);
  expect(rowsOf(alerts, { ...EVERYTHING, severity: "low" })).toEqual(["whale", "burst"]);
  expect(rowsOf(alerts, { ...EVERYTHING, pattern: "pump_and_dump" })).toEqual(["pump+burst+whale"]);
});

test("what is part of an alert that is not known or was taken back has a row of its own", () => {
  expect(rowsOf(held(burst, whale), EVERYTHING)).toEqual(["whale", "burst"]);
  expect(feedRows(held(burst), EVERYTHING, null).rows[0]?.leader).toBeNull();
  const retracted = { ...pump, status: "retracted" } as const;
  expect(rowsOf(held(retracted, burst), EVERYTHING)).toEqual(["pump", "burst"]);
});

test("whoever was led by an alert that is led itself now stands in the row of the last", () => {
  const alerts = held(
    alertOf({ id: "rug", seq: 9, event_time: at(8), pattern: "rug_pull" }),
    { ...pump, part_of: "rug" },
    burst,
  );
  expect(rowsOf(alerts, EVERYTHING)).toEqual(["rug+burst+pump"]);
  expect(rowsOf(alerts, { ...EVERYTHING, pattern: "pump_and_dump" })).toEqual(["pump+burst"]);
  expect(rowsOf(alerts, { ...EVERYTHING, pattern: "mention_burst" })).toEqual(["burst"]);
});

test("rows that will go into that of a leader further down do not stay", () => {
  const floor = { id: "whale", event_time: at(6) };
  const other = alertOf({ id: "other", seq: 4, event_time: at(7) });
  const settled = (filter: Filter, ...alerts: (typeof pump)[]) =>
    feedRows(held(...alerts), filter, floor).settled;
  expect(settled(EVERYTHING, other, pump, whale)).toBe(1);
  // Its leader is not known: it may be among the older ones.
  expect(settled(EVERYTHING, other, whale)).toBe(1);
  // Of these it would never have a row.
  expect(settled(EVERYTHING, other, { ...pump, status: "retracted" }, whale)).toBe(2);
  expect(settled({ ...EVERYTHING, severity: "low" }, pump, whale)).toBe(1);
  expect(settled({ ...EVERYTHING, severity: "low" }, whale)).toBe(1);
  expect(settled({ ...EVERYTHING, all: true }, other, pump, whale)).toBe(2);
  expect(feedRows(held(other, whale), EVERYTHING, null).settled).toBe(2);
});

test("nobody vanishes when two alerts name each other", () => {
  const alerts = held({ ...pump, part_of: "burst" }, burst, { ...whale, part_of: "whale" });
  expect(rowsOf(alerts, EVERYTHING)).toEqual(["whale", "pump", "burst"]);
});

test("a leader below the floor hides nothing before its row is reached", () => {
  const alerts = held(pump, whale);
  expect(rowsOf(alerts, EVERYTHING, { id: "whale", event_time: at(6) })).toEqual(["whale"]);
  expect(rowsOf(alerts, EVERYTHING, { id: "pump", event_time: at(5) })).toEqual(["pump+whale"]);
});

test("alerts without a row count for what the page holds", () => {
  const alerts = held(pump, burst, whale);
  expect(feedRows(alerts, EVERYTHING, null).alerts).toBe(3);
  expect(feedRows(alerts, EVERYTHING, { id: "pump", event_time: at(5) }).alerts).toBe(2);
});

test("an alert of an older release, which does not say, speaks for itself", () => {
  const { part_of: _, ...old } = alertOf({ id: "old", seq: 1 });
  const { rows } = feedRows(held(old), EVERYTHING, null);
  expect(rows[0]?.leader).toBeNull();
});

test("the reader's place is found also when the row there is gone", () => {
  const { rows } = feedRows(held(pump, burst, whale), { ...EVERYTHING, all: true }, null);
  expect(placeOf(rows, whale)).toBe(0);
  expect(placeOf(rows, burst)).toBe(2);
  expect(placeOf(rows, { id: "a", event_time: at(5) })).toBe(1);
  expect(placeOf(rows, { id: "z", event_time: at(5) })).toBe(2);
  expect(placeOf(rows, { id: "a", event_time: at(0) })).toBe(3);
  expect(placeOf([], pump)).toBe(0);
});

test("rows above the reader are new unless they were there before", () => {
  const of = (...alerts: (typeof pump)[]) => feedRows(held(...alerts), EVERYTHING, null).rows;
  const late = alertOf({ id: "late", seq: 8, event_time: at(9) });
  expect(arrivals(of(pump), of(pump, late), 1)).toEqual(["late"]);
  expect(arrivals(of(pump, late), of(pump, late), 1)).toEqual([]);
  expect(arrivals(of(pump), of(pump, late), 0)).toEqual([]);
});

test("only rows in view and a few around them are drawn", () => {
  expect(windowOf(5_000, 68, 68_000, 680)).toEqual({ first: 992, end: 1018 });
  expect(windowOf(3, 68, 0, 680)).toEqual({ first: 0, end: 3 });
  expect(windowOf(0, 68, 0, 680)).toEqual({ first: 0, end: 0 });
});
