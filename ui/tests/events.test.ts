import { expect, test } from "vitest";
import { alertNames, partOf } from "../src/format/events.ts";
import { alertsGoingOn, eventsGoingOn, leaderOf, membersOf } from "../src/stream/events.ts";
import type { Alerts } from "../src/stream/state.ts";
import { alertOf } from "./alerts.ts";

function held(...alerts: ReturnType<typeof alertOf>[]): Alerts {
  return new Map(alerts.map((alert) => [alert.id, { alert, changedAt: null }]));
}

const rug = alertOf({ id: "rug", seq: 1, pattern: "rug_pull" });
const pump = alertOf({ id: "pump", seq: 2, part_of: "rug" });
const burst = alertOf({
  id: "burst",
  seq: 3,
  part_of: "pump",
  pattern: "mention_burst",
  status: "resolved",
  event_time: "2026-03-01T11:00:00.000Z",
});

test("members are those of an alert and of what it leads, the first seen first", () => {
  const ids = (id: string) => membersOf(held(rug, pump, burst), id).map((alert) => alert.id);
  expect(ids("rug")).toEqual(["burst", "pump"]);
  expect(ids("pump")).toEqual(["burst"]);
  expect(ids("burst")).toEqual([]);
});

test("the leader is the last that is known", () => {
  expect(leaderOf(held(rug, pump, burst), burst)).toBe(rug);
  expect(leaderOf(held(burst, pump), burst)).toBe(pump);
  expect(leaderOf(held(burst), burst)).toBeNull();
});

test("an event that goes on counts once; what outlives its leader counts itself", () => {
  const ids = (alerts: Alerts) => eventsGoingOn(alerts).map((alert) => alert.id);
  expect(ids(held(rug, pump, burst))).toEqual(["rug"]);
  expect(ids(held({ ...rug, status: "resolved" }, pump))).toEqual(["pump"]);
  expect(alertsGoingOn(held(rug, pump, burst))).toHaveLength(2);
});

test("a row names the others of its event and what it is part of", () => {
  expect(alertNames([pump, burst])).toBe("Pump and dump, Mention burst (resolved)");
  expect(partOf(pump, rug)).toBe("Part of rug pull");
  expect(partOf(pump, null)).toBe("Part of another alert");
  expect(partOf(rug, null)).toBe("");
});
