/** Verdicts in words. */

import type { Judgement, Verdict } from "../api/types.ts";

export const JUDGEMENTS: readonly { verdict: Judgement; label: string }[] = [
  { verdict: "right", label: "Right" },
  { verdict: "wrong", label: "Wrong" },
  { verdict: "unsure", label: "Not sure" },
];

/** `Others say: 2 right, 1 not sure.`; "" when nobody else has said anything. */
export function othersSay(verdicts: readonly Verdict[], own: Judgement | null): string {
  const told = JUDGEMENTS.flatMap(({ verdict, label }) => {
    const all = verdicts.filter((each) => each.verdict === verdict).length;
    const count = own === verdict ? all - 1 : all;
    return count > 0 ? [`${count} ${label.toLowerCase()}`] : [];
  });
  return told.length === 0 ? "" : `Others say: ${told.join(", ")}.`;
}
