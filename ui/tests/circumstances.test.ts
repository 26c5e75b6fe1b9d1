import { expect, test } from "vitest";
import {
  circumstanceName,
  effect,
  inOrder,
  isCircumstance,
  logOdds,
} from "../src/detail/circumstances.ts";

const evidence = (feature: string, weight: number) => ({
  feature,
  value: 0.5,
  baseline: null,
  threshold: null,
  weight,
});

test("what else is seen is told apart from the detector's evidence, its own word first", () => {
  const all = [
    evidence("rush_orders", 9),
    evidence("also_mention_burst", 0.4),
    evidence("also_whale_accumulation", -1.1),
    evidence("detector_probability", 0.1),
  ];
  expect(inOrder(all).map((each) => each.feature)).toEqual([
    "detector_probability",
    "also_whale_accumulation",
    "also_mention_burst",
  ]);
  expect(all.filter((each) => !isCircumstance(each))).toEqual([all[0]]);
});

test("it is named in plain words, also what this page does not know yet", () => {
  expect(circumstanceName("also_mention_burst")).toBe("Mention burst");
  expect(circumstanceName("also_trading_anomaly")).toBe("Unusual trading");
  expect(circumstanceName("detector_probability")).toBe("The detector alone");
  expect(circumstanceName("also_full_moon")).toBe("Full moon");
});

test("a push says its size and its way", () => {
  expect([logOdds(1.234), effect(1.234)]).toEqual(["+1.2 log odds", "raises"]);
  expect([logOdds(-0.4), effect(-0.4)]).toEqual(["−0.4 log odds", "lowers"]);
  expect([logOdds(0.01), effect(0.01)]).toEqual(["0.0 log odds", "no effect"]);
});
