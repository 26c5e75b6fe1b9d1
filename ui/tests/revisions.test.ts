import { expect, test } from "vitest";
import type { Alert } from "../src/api/types.ts";
import { changes, stepsOf } from "../src/detail/changes.ts";
import { alertOf } from "./alerts.ts";

const before = alertOf({ id: "x", seq: 1 });
const evidence = { feature: "mention_rate", value: 9, baseline: 1, threshold: 4, weight: 0.3 };

test("a revision tells what it changed", () => {
  const after = alertOf({
    id: "x",
    seq: 2,
    status: "resolved",
    phase: "dump",
    severity: "critical",
    score: 0.91,
    evidence: [evidence],
  });
  expect(changes(before, after)).toBe(
    "Resolved · phase: dump · high → critical · score 0.80 → 0.91 · new evidence: mention rate",
  );
});

test("a revision tells of the event its alert has become part of, and what else was seen", () => {
  const also = { ...evidence, feature: "also_mention_burst" };
  const own = { ...evidence, feature: "detector_probability" };
  const part = { ...before, impact: 0.55, part_of: "y" };
  expect(changes(before, part)).toBe("At risk 40 % → 55 % · part of another alert");
  expect(changes(part, { ...before, impact: 0.55, evidence: [own, also] })).toBe(
    "Speaks for itself again · also seen: mention burst",
  );
});

test("a revision that changes nothing of these says so", () => {
  expect(changes(before, { ...before, revision: 2 })).toBe("Evidence brought up to date");
});

test("revisions that say nothing new are one step, and no sentence is said twice", () => {
  const of = (revision: number, fields: Partial<Alert> = {}) =>
    alertOf({ id: "a", seq: revision, revision, ...fields });
  const dump = { phase: "dump" };
  const over = { status: "resolved", explanation: "It is over." } as const;
  const revisions = [of(1), of(2), of(3), of(4, dump), of(5, dump), of(6, { ...dump, ...over })];
  const told = stepsOf(revisions).map(({ revision, title, explanation }) => [
    revision.revision,
    title,
    explanation,
  ]);
  expect(told).toEqual([
    [6, "Resolved", "It is over."],
    [5, "Evidence brought up to date", null],
    [4, "Phase: dump", null],
    [3, "Evidence brought up to date, 2 times", null],
    [1, "Opened", of(1).explanation],
  ]);
});
