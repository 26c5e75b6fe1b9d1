import { expect, test } from "vitest";
import { amount, change, leadingZeros, price, score, share } from "../src/format/numbers.ts";
import { absoluteTime, duration, fullTime, relativeTime } from "../src/format/time.ts";
import { patternName, plain } from "../src/format/words.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");

test.each([
  [64_250.5, "64,250.5"],
  [1.25, "1.2500"],
  [0.5, "0.5000"],
  [0.0123456, "0.01235"],
  [0.000012345, "0.0₄1235"],
  [0.000000000123456, "0.0₉1235"],
  [0.0000000000123456, "0.0₁₀1235"],
  [0.0000999996, "0.0001000"],
  [0, "0"],
  [Number.NaN, "–"],
])("the price %d reads %s", (value, text) => {
  expect(price(value)).toBe(text);
});

test("prices of one axis count the same zeros", () => {
  const zeros = leadingZeros(0.000001234);
  expect([0.000001234, 0.000000987].map((value) => price(value, zeros))).toEqual([
    "0.0₅1234",
    "0.0₅0987",
  ]);
});

test.each([
  [12, "12"],
  [0.12345, "0.123"],
  [1_234, "1.23K"],
  [5_600_000, "5.6M"],
  [-1_234, "−1.23K"],
  [0.0000123, "1.2e−5"],
])("the amount %d reads %s", (value, text) => {
  expect(amount(value)).toBe(text);
});

test.each([
  [0.5, "0.50"],
  [0.9949, "0.99"],
  [0.998, ">0.99"],
  [0.002, "<0.01"],
  [1, "1.00"],
  [0, "0.00"],
])("the score %d reads %s", (value, text) => {
  expect(score(value)).toBe(text);
});

test.each([
  [0.165, "17 %"],
  [0.05, "5 %"],
  [0.0123, "1.2 %"],
  [0.999, "100 %"],
  [0, "0 %"],
])("the share %d reads %s", (value, text) => {
  expect(share(value)).toBe(text);
});

test.each([
  [0.052, "+5.2 %"],
  [-0.5, "−50.0 %"],
  [4.2, "+420 %"],
  [0.0001, "0.0 %"],
])("the change %d reads %s", (value, text) => {
  expect(change(value)).toBe(text);
});

test("times are UTC, with as much of the date as is needed", () => {
  expect(absoluteTime("2026-03-01T09:05:07.000Z", NOW)).toBe("09:05:07");
  expect(absoluteTime("2026-02-28T23:05:07.000Z", NOW)).toBe("28 Feb 23:05:07");
  expect(absoluteTime("2018-08-17T16:00:00.000Z", NOW)).toBe("17 Aug 2018 16:00:00");
  expect(fullTime("2018-08-17T16:00:00.007Z")).toBe("17 Aug 2018, 16:00:00.007 UTC");
});

test.each([
  ["2026-03-01T11:59:59.000Z", "now"],
  ["2026-03-01T11:59:18.000Z", "42 s ago"],
  ["2026-03-01T11:54:01.000Z", "5 min ago"],
  ["2026-02-28T12:00:00.000Z", "24 h ago"],
  ["2026-02-20T12:00:00.000Z", "9 d ago"],
  ["2018-08-17T16:00:00.000Z", "7 y ago"],
  ["2026-03-01T12:00:30.000Z", "in 30 s"],
])("%s is %s", (time, text) => {
  expect(relativeTime(time, NOW)).toBe(text);
});

test("a length of time is rounded down", () => {
  expect(duration(59_999)).toBe("59 s");
});

test("patterns this page does not know yet still read as words", () => {
  expect(patternName("whale_dump")).toBe("Whale dump");
  expect(patternName("flash_crash")).toBe("Flash crash");
  expect(plain("rush_orders")).toBe("Rush orders");
});
