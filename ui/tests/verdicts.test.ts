import { expect, test } from "vitest";
import type { Detector, Judgement, Verdict } from "../src/api/types.ts";
import { othersSay } from "../src/detail/judgements.ts";
import { belowFloor, floorWarning } from "../src/detectors/floor.ts";

function detectorOf(fields: Partial<Detector>): Detector {
  return {
    pattern: "whale_dump",
    detector_version: "1",
    current: true,
    alerts: 40,
    verdicts: { right: 1, wrong: 8, unsure: 0 },
    judged: 9,
    right: 1,
    precision: 1 / 9,
    precision_low: 0.02,
    precision_high: 0.44,
    floor: 0.8,
    below_floor: true,
    ...fields,
  };
}

function verdictsOf(...verdicts: Judgement[]): Verdict[] {
  return verdicts.map((verdict, number) => ({
    id: `v${number}`,
    alert_id: "a",
    pattern: "whale_dump",
    detector_version: "1",
    token: "PEPE",
    score: 0.8,
    opening_score: 0.7,
    verdict,
    note: null,
    given_by: `token-${number}`,
    given_at: "2026-03-01T12:00:00.000Z",
    schema_version: 1,
  }));
}

test("only a detector at work that is below its floor is warned of", () => {
  const fine = detectorOf({ below_floor: false });
  const replaced = detectorOf({ current: false });
  expect(belowFloor([fine, replaced])).toEqual([]);
  expect(floorWarning([fine, replaced])).toBe("");
  expect(floorWarning([fine, detectorOf({})])).toBe(
    "Whale dump is below its floor: of 9 judged alerts 1 was right.",
  );
  expect(floorWarning([detectorOf({ right: 0 })])).toContain("none were right");
});

test("several are named in one sentence", () => {
  expect(floorWarning([detectorOf({}), detectorOf({ pattern: "rug_pull" })])).toBe(
    "2 detectors are below their floor: Whale dump, Rug pull.",
  );
});

test("what others say leaves out what you say", () => {
  const verdicts = verdictsOf("right", "right", "wrong", "unsure");
  expect(othersSay(verdicts, null)).toBe("Others say: 2 right, 1 wrong, 1 not sure.");
  expect(othersSay(verdicts, "wrong")).toBe("Others say: 2 right, 1 not sure.");
  expect(othersSay(verdictsOf("right"), "right")).toBe("");
});
