import { expect, test } from "vitest";
import type { Step } from "../src/api/types.ts";
import { alertMarks, chartData, type Mark, namedMarks } from "../src/token/chartData.ts";
import { RANGES, type Range, rangeNamed, requestFor } from "../src/token/ranges.ts";
import { alertOf } from "./alerts.ts";

const LAST = Date.parse("2026-03-01T12:00:07.000Z");
const DAY_MS = 86_400_000;

function stepOf(time: string, fields: Partial<Step> = {}): Step {
  return {
    time,
    open: null,
    high: null,
    low: null,
    close: null,
    volume: "0",
    trades: 0,
    buy_share: null,
    mentions: 0,
    authors: 0,
    sentiment: null,
    rolling_sentiment: null,
    adjusted_sentiment: null,
    creator_sentiment: null,
    bot_share: null,
    transfers: 0,
    anomaly_trading: null,
    anomaly_sentiment: null,
    anomaly_flow: null,
    ...fields,
  };
}

test.each(RANGES)(
  "the range $name lies on whole steps and ends with the last event",
  (range: Range) => {
    const { from, to, points } = requestFor(range, LAST - 30 * DAY_MS, LAST);
    const span = Date.parse(to) - Date.parse(from);
    const step = span / points;
    expect(step % 10_000).toBe(0);
    expect(Date.parse(from) % step).toBe(0);
    expect(Date.parse(to)).toBeGreaterThan(LAST);
    expect(Date.parse(to) - LAST).toBeLessThanOrEqual(step);
    expect(span).toBeGreaterThanOrEqual(range.milliseconds);
    expect(points).toBeLessThanOrEqual(500);
  },
);

test("a refresh a little later keeps the candles' borders", () => {
  const day = rangeNamed("24h");
  const before = requestFor(day, LAST - 30 * DAY_MS, LAST);
  const after = requestFor(day, LAST - 30 * DAY_MS, LAST + 10_000);
  const step = (Date.parse(before.to) - Date.parse(before.from)) / before.points;
  expect((Date.parse(after.from) - Date.parse(before.from)) % step).toBe(0);
});

test("a young token is shown from its first event, in finer steps", () => {
  const first = LAST - 2 * 3_600_000;
  const { from, points } = requestFor(rangeNamed("7d"), first, LAST);
  expect(Date.parse(from)).toBeGreaterThan(LAST - DAY_MS);
  expect(points).toBeGreaterThan(30);
});

test("an unknown range is six hours", () => {
  expect(rangeNamed("3w").name).toBe("6h");
});

test("steps without trades stay on the axis as blanks", () => {
  const data = chartData(
    [
      stepOf("2026-03-01T12:00:00.000Z", { open: "1", high: "3", low: "0.5", close: "2" }),
      stepOf("2026-03-01T12:00:10.000Z", { mentions: 4 }),
    ],
    { up: "green", down: "red" },
  );
  const begin = Date.parse("2026-03-01T12:00:00.000Z") / 1000;
  expect(data.price).toEqual([
    { time: begin, open: 1, high: 3, low: 0.5, close: 2 },
    { time: begin + 10 },
  ]);
  expect(data.mentions.map(({ value }) => value)).toEqual([0, 4]);
});

test("the mood without bots is a line of its own beside the plain one", () => {
  const time = "2026-03-01T12:00:00.000Z";
  const data = chartData(
    [stepOf(time, { rolling_sentiment: 0.8, adjusted_sentiment: -0.2, bot_share: 0.9 })],
    { up: "green", down: "red" },
  );
  expect(data.sentiment).toEqual([{ time: Date.parse(time) / 1000, value: 0.8 }]);
  expect(data.adjusted).toEqual([{ time: Date.parse(time) / 1000, value: -0.2 }]);
});

test("marks lie on the steps that hold their moments, cut at the edges", () => {
  const from = Date.parse("2026-03-01T12:00:00.000Z");
  const minute = 60_000;
  const [mark, ...others] = alertMarks(
    [
      alertOf({
        id: "in",
        seq: 1,
        onset_estimate: "2026-03-01T11:00:00.000Z",
        event_time: "2026-03-01T12:05:42.000Z",
      }),
      alertOf({ id: "before", seq: 2, event_time: "2026-03-01T11:59:00.000Z" }),
    ],
    from,
    from + 10 * minute,
    minute,
  );
  expect(others).toEqual([]);
  expect(mark).toMatchObject({
    id: "in",
    onset: from / 1000,
    seen: from / 1000 + 300,
    ended: from / 1000 + 540,
    over: false,
  });
});

test("names of marks that are too close give way to the better one, never the selected", () => {
  const mark = (id: string, seen: number, score: number) => ({ id, seen, score }) as Mark;
  const marks = [mark("a", 0, 0.5), mark("b", 50, 0.9), mark("c", 500, 0.1)];
  expect(namedMarks(marks, null, 100)).toEqual(new Set(["b", "c"]));
  expect(namedMarks(marks, "a", 100)).toEqual(new Set(["a", "c"]));
});
