/** Which detectors users find wrong too often, in words. */

import type { Detector } from "../api/types.ts";
import { patternName } from "../format/words.ts";

/** Those at work that are below their floor; of replaced versions nobody needs a warning. */
export function belowFloor(detectors: readonly Detector[]): Detector[] {
  return detectors.filter((each) => each.below_floor && each.current);
}

/** `Whale dump is below its floor: of 9 judged alerts 1 was right.`; "" when none is. */
export function floorWarning(detectors: readonly Detector[]): string {
  const [first, ...others] = belowFloor(detectors);
  if (first === undefined) return "";
  if (others.length > 0) {
    const names = [first, ...others].map(({ pattern }) => patternName(pattern));
    return `${names.length} detectors are below their floor: ${names.join(", ")}.`;
  }
  const verb = first.right === 1 ? "was" : "were";
  return (
    `${patternName(first.pattern)} is below its floor: ` +
    `of ${first.judged} judged alerts ${first.right === 0 ? "none" : first.right} ${verb} right.`
  );
}
