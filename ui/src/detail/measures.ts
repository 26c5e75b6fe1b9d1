/** A feature's name and value as a reader says them; the unit is told by the name. Pure. */

import { amount, change, score } from "../format/numbers.ts";
import { plain } from "../format/words.ts";

const UNIT_AT_THE_END = /_(hours|seconds)$/;
const SHARE = /(^|_)share($|_of_|_at_most$)|^chance_of_|^shares_/;
/** Parts of a whole whose names do not say so. */
const SHARES = new Set([
  "brought_by_buyers",
  "insider_removed",
  "insider_sold",
  "pool_removed_since",
]);
const CHANGE = /^price_(change|rise|since_alert)(?!.*deviation)/;

/** `pool_age_hours` → `Pool age`: its unit stands with the value. */
export function featureName(feature: string): string {
  return plain(feature.replace(UNIT_AT_THE_END, ""));
}

/** `0.917` of `removed_share` → `91.7 %`, `3` of `idle_hours` → `3 h`. */
export function measure(feature: string, value: number): string {
  if (!Number.isFinite(value)) return amount(value);
  if (isYesOrNo(feature)) return value > 0 ? "yes" : "no";
  if (feature.endsWith("_probability")) return score(value);
  if (feature.endsWith("_hours")) return `${amount(value)} h`;
  if (feature.endsWith("_seconds") || feature.startsWith("seconds_")) return `${amount(value)} s`;
  if (CHANGE.test(feature)) return value === 0 ? "0 %" : change(value);
  if (SHARE.test(feature) || SHARES.has(feature)) return `${amount(100 * value)} %`;
  return amount(value);
}

export function isYesOrNo(feature: string): boolean {
  return feature === "by_insider";
}
