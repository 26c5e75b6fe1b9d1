/** Evidence that is not the detector's own: what else is seen, weighed into the score. Pure. */

import type { Evidence } from "../api/types.ts";
import { patternName } from "../format/words.ts";

const OWN = "detector_probability";
const PREFIX = "also_";
const ACTIVITIES: Readonly<Record<string, string>> = {
  trading_anomaly: "Unusual trading",
  sentiment_anomaly: "Unusual talk",
  flow_anomaly: "Unusual transfers",
};

export function isCircumstance({ feature }: Evidence): boolean {
  return feature === OWN || feature.startsWith(PREFIX);
}

/** `also_mention_burst` → `Mention burst`. */
export function circumstanceName(feature: string): string {
  if (feature === OWN) return "The detector alone";
  const name = feature.slice(PREFIX.length);
  return ACTIVITIES[name] ?? patternName(name);
}

/** The detector's own word first, then what moves the score most. */
export function inOrder(evidence: readonly Evidence[]): Evidence[] {
  return evidence
    .filter(isCircumstance)
    .sort((a, b) => rank(a) - rank(b) || Math.abs(b.weight) - Math.abs(a.weight));
}

export function isStart({ feature }: Evidence): boolean {
  return feature === OWN;
}

/** `+1.2 log odds`; a sign that survives without colour. */
export function logOdds(weight: number): string {
  const size = Math.abs(weight).toFixed(1);
  if (Number(size) === 0) return "0.0 log odds";
  return `${weight > 0 ? "+" : "−"}${size} log odds`;
}

/** What a weight does to the score; what is rounded to nothing does nothing. */
export function effect(weight: number): "raises" | "lowers" | "no effect" {
  if (Math.abs(weight) < 0.05) return "no effect";
  return weight > 0 ? "raises" : "lowers";
}

function rank(evidence: Evidence): number {
  return isStart(evidence) ? 0 : 1;
}
