import { expect, test } from "vitest";
import type { WatchEntry } from "../src/api/types.ts";
import { identityOf, KINDS, keyOf, reasonOf, subjectOf } from "../src/watch/entries.ts";

function entryOf(fields: Partial<WatchEntry>): WatchEntry {
  return {
    kind: "token",
    value: "PEPE",
    source: null,
    chain: null,
    token: null,
    symbol: null,
    name: null,
    decimals: null,
    note: null,
    added_at: "2026-03-01T12:00:00.000Z",
    ...fields,
  };
}

test.each([
  ["token", " $PEPE ", { kind: "token", value: "$PEPE" }],
  ["token", "ethereum: 0xabc", { kind: "token", value: "0xabc", chain: "ethereum" }],
  ["pool", "base:0xabc", { kind: "pool", value: "0xabc", chain: "base" }],
  ["account", "twitter:elonmusk", { kind: "account", value: "elonmusk", source: "twitter" }],
  ["account", "elonmusk", { kind: "account", value: "elonmusk" }],
  ["keyword", "news: dog with hat", { kind: "keyword", value: "news: dog with hat" }],
] as const)("a %s typed as %s", (kind, text, expected) => {
  expect(subjectOf(kind, text)).toEqual(expected);
});

test("an entry is removed by what names it, however much is known of it", () => {
  const entry = entryOf({ value: "0xabc", chain: "base", symbol: "MUG", decimals: 9, note: "?" });
  expect(identityOf(entry)).toEqual({ kind: "token", value: "0xabc", chain: "base" });
  expect(identityOf(entryOf({}))).toEqual({ kind: "token", value: "PEPE" });
});

test("equal words of different kinds and places are different entries", () => {
  const entries = [
    entryOf({}),
    entryOf({ kind: "keyword" }),
    entryOf({ kind: "keyword", source: "reddit" }),
    entryOf({ chain: "base" }),
  ];
  expect(new Set(entries.map(keyOf)).size).toBe(entries.length);
});

test("a refusal does not speak of places in a request", () => {
  expect(reasonOf("items.0.source: an account needs one")).toBe("source: an account needs one");
  expect(reasonOf("the watch list is full")).toBe("the watch list is full");
});

test("every kind can be added", () => {
  expect(KINDS.map(({ kind }) => kind)).toEqual(["token", "account", "keyword", "pool"]);
});
