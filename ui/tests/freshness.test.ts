import { expect, test } from "vitest";
import type { Token } from "../src/api/types.ts";
import { freshnessOf, isSilent, lagWarning } from "../src/shell/freshness.ts";

const NOW = Date.parse("2026-03-01T03:00:00.000Z");
const ago = (seconds: number) => new Date(NOW - 1000 * seconds).toISOString();

function tokenOf(lastEvent: number, lastTrade: number | null): Token {
  return {
    token: "PEPE",
    symbol: "PEPE",
    first_event_time: ago(90_000),
    last_event_time: ago(lastEvent),
    price: null,
    price_time: lastTrade === null ? null : ago(lastTrade),
    change_24h: null,
    open_alerts: 0,
  };
}

test("the newest event and the newest signal may be of different tokens", () => {
  const freshness = freshnessOf([tokenOf(2, 700), tokenOf(9, 15), tokenOf(30, null)]);
  expect(freshness).toEqual({ newestEvent: NOW - 2_000, newestSignal: NOW - 15_000 });
  expect(lagWarning(freshness, NOW)).toBe("");
  expect(isSilent(freshness, NOW)).toBe(false);
});

test("detectors that are behind say how far", () => {
  const freshness = freshnessOf([tokenOf(1, 3_061)]);
  expect(lagWarning(freshness, NOW)).toBe(
    "Trades are worked through up to 02:08:59 UTC, 51 min behind the newest event.",
  );
});

test("a silent feed is told from a recording, of which nothing is late", () => {
  expect(isSilent(freshnessOf([tokenOf(90, 100)]), NOW)).toBe(true);
  const recording = freshnessOf([tokenOf(90_000, 99_000)]);
  expect(isSilent(recording, NOW)).toBe(false);
  expect(lagWarning(recording, NOW)).toBe("");
});

test("nothing is said of what is not known", () => {
  expect(freshnessOf([])).toEqual({ newestEvent: null, newestSignal: null });
  expect(lagWarning(freshnessOf([tokenOf(1, null)]), NOW)).toBe("");
  expect(isSilent(freshnessOf([]), NOW)).toBe(false);
});
