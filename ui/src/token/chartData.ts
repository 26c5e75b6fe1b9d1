/** A series from REST in the shape the chart library wants. Pure. */

import type {
  CandlestickData,
  HistogramData,
  LineData,
  UTCTimestamp,
  WhitespaceData,
} from "lightweight-charts";
import type { Alert, Step } from "../api/types.ts";

export interface ChartData {
  readonly price: (CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp>)[];
  readonly volume: (HistogramData<UTCTimestamp> | WhitespaceData<UTCTimestamp>)[];
  readonly mentions: HistogramData<UTCTimestamp>[];
  readonly sentiment: Points;
  readonly adjusted: Points;
  readonly anomalyTrading: Points;
  readonly anomalySentiment: Points;
  readonly anomalyFlow: Points;
}

export type Points = (LineData<UTCTimestamp> | WhitespaceData<UTCTimestamp>)[];

export interface VolumeColors {
  readonly up: string;
  readonly down: string;
}

/** Steps without a value stay on the axis as blanks, so that equal times are equally far apart. */
export function chartData(steps: readonly Step[], colors: VolumeColors): ChartData {
  return {
    price: steps.map(candle),
    volume: steps.map((step) => ({
      time: seconds(step.time),
      value: Number(step.volume),
      color: Number(step.close) < Number(step.open) ? colors.down : colors.up,
    })),
    mentions: steps.map((step) => ({ time: seconds(step.time), value: step.mentions })),
    sentiment: steps.map((step) => point(step, step.rolling_sentiment)),
    adjusted: steps.map((step) => point(step, step.adjusted_sentiment)),
    anomalyTrading: steps.map((step) => point(step, step.anomaly_trading)),
    anomalySentiment: steps.map((step) => point(step, step.anomaly_sentiment)),
    anomalyFlow: steps.map((step) => point(step, step.anomaly_flow)),
  };
}

/** Where an alert lies on the axis, in seconds of the steps that hold its moments. */
export interface Mark {
  readonly id: string;
  readonly severity: string;
  readonly score: number;
  readonly pattern: string;
  readonly onset: UTCTimestamp;
  readonly seen: UTCTimestamp;
  readonly ended: UTCTimestamp;
  readonly over: boolean;
}

/** The alerts that touch the axis; what began before it or goes on is cut at its edges. */
export function alertMarks(
  alerts: readonly Alert[],
  fromMs: number,
  toMs: number,
  stepMs: number,
): Mark[] {
  const last = toMs - stepMs;
  const place = (ms: number) => {
    const clamped = Math.max(fromMs, Math.min(last, ms));
    return ((fromMs + Math.floor((clamped - fromMs) / stepMs) * stepMs) / 1000) as UTCTimestamp;
  };
  return alerts.flatMap((alert) => {
    const seen = Date.parse(alert.event_time);
    if (seen < fromMs || seen >= toMs) return [];
    return {
      id: alert.id,
      severity: alert.severity,
      score: alert.score,
      pattern: alert.pattern,
      onset: place(Date.parse(alert.onset_estimate)),
      seen: place(seen),
      ended: place(alert.ended_at === null ? last : Date.parse(alert.ended_at)),
      over: alert.ended_at !== null,
    };
  });
}

/** Whose names are shown: the selected one first, then by score, none closer than `seconds`. */
export function namedMarks(
  marks: readonly Mark[],
  selected: string | null,
  seconds: number,
): Set<string> {
  const placed: Mark[] = [];
  const rank = (mark: Mark) => (mark.id === selected ? 2 : mark.score);
  for (const mark of marks.toSorted((a, b) => rank(b) - rank(a))) {
    if (placed.every((other) => Math.abs(other.seen - mark.seen) >= seconds)) placed.push(mark);
  }
  return new Set(placed.map((mark) => mark.id));
}

function candle(step: Step): CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const time = seconds(step.time);
  const { close } = step;
  if (close === null) return { time };
  return {
    time,
    open: Number(step.open ?? close),
    high: Number(step.high ?? close),
    low: Number(step.low ?? close),
    close: Number(close),
  };
}

function point(
  step: Step,
  value: number | null,
): LineData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const time = seconds(step.time);
  return value === null ? { time } : { time, value };
}

function seconds(time: string): UTCTimestamp {
  return (Date.parse(time) / 1000) as UTCTimestamp;
}
