import { expect, test } from "vitest";
import {
  asAlertQuery,
  EVERYTHING,
  isEverything,
  passes,
  readFilter,
  writeFilter,
} from "../src/feed/filter.ts";
import { feedRows, windowOf } from "../src/feed/rows.ts";
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
    feedRows(alerts, EVERYTHING, floor).map(({ alert }) => alert.id);
  expect(ids({ id: "floor", event_time: at(5) })).toEqual(["new", "floor"]);
  expect(ids(null)).toEqual(["new", "floor", "old-open"]);
});

test("only rows in view and a few around them are drawn", () => {
  expect(windowOf(5_000, 68, 68_000, 680)).toEqual({ first: 992, end: 1018 });
  expect(windowOf(3, 68, 0, 680)).toEqual({ first: 0, end: 3 });
  expect(windowOf(0, 68, 0, 680)).toEqual({ first: 0, end: 0 });
});
