import { expect, test } from "vitest";
import { backoffMs } from "../src/stream/backoff.ts";

test("the first wait is short, later ones grow to a bound", () => {
  const longest = [0, 1, 2, 3, 20, 5_000].map((attempt) => backoffMs(attempt, 1));
  expect(longest).toEqual([400, 800, 1_600, 3_200, 10_000, 10_000]);
});

test("half of every wait is chance", () => {
  expect(backoffMs(3, 0)).toBe(1_600);
  expect(backoffMs(3, 0.5)).toBe(2_400);
});
