/** The ranges of the token page, and the steps the server is asked for. Pure. */

export interface Range {
  readonly name: string;
  readonly words: string;
  readonly milliseconds: number;
}

const HOUR_MS = 3_600_000;

export const RANGES: readonly Range[] = [
  { name: "1h", words: "1 hour", milliseconds: HOUR_MS },
  { name: "6h", words: "6 hours", milliseconds: 6 * HOUR_MS },
  { name: "24h", words: "24 hours", milliseconds: 24 * HOUR_MS },
  { name: "7d", words: "7 days", milliseconds: 168 * HOUR_MS },
];
const SIX_HOURS = 1;

/** Steps a trader can name, in seconds; all are multiples of the 10-second signal window. */
const STEPS_S = [10, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600];
/** About as many candles as a screen has room for. */
const MAX_STEPS = 480;

export interface Request {
  readonly from: string;
  readonly to: string;
  readonly points: number;
}

export function rangeNamed(name: string | null): Range {
  const range = RANGES.find((each) => each.name === name) ?? RANGES[SIX_HOURS];
  if (range === undefined) throw new Error("there is no default range");
  return range;
}

/**
 * What to ask for so that the range ends with the token's last event.
 *
 * Both ends lie on multiples of the step, so a candle keeps its borders from one refresh to the
 * next. A token younger than the range is shown from its first event, in finer steps.
 */
export function requestFor(range: Range, firstEventMs: number, lastEventMs: number): Request {
  const begin = Math.max(lastEventMs - range.milliseconds, firstEventMs - range.milliseconds / 20);
  const span = lastEventMs - begin;
  const step = 1000 * (STEPS_S.find((s) => span / (s * 1000) <= MAX_STEPS) ?? 3600);
  const to = (Math.floor(lastEventMs / step) + 1) * step;
  const points = Math.max(12, Math.ceil((to - begin) / step));
  return { from: iso(to - points * step), to: iso(to), points };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
