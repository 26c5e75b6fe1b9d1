/**
 * Price, volume, mentions, sentiment and anomaly as stacked panes on one time axis.
 *
 * TradingView's lightweight-charts: it is what traders know, draws on canvas (so thousands of
 * candles are cheap and the page's policy needs no inline styles), has panes with one axis and one
 * crosshair of its own, and is well kept. uPlot is smaller, but panes would be separate charts that
 * we keep in step, and candles and markers our own code.
 */

import {
  BaselineSeries,
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  LineSeries,
  LineType,
  type LineWidth,
  type Time,
} from "lightweight-charts";
import type { Alert, Series, Step } from "../api/types.ts";
import { amount, leadingZeros, price } from "../format/numbers.ts";
import { patternName } from "../format/words.ts";
import { AlertBands } from "./alertBands.ts";
import { alertMarks, chartData, type Mark, namedMarks } from "./chartData.ts";
import type { Palette } from "./palette.ts";

/** From top to bottom, with the share of the height. */
export const PANES = [
  { name: "price", share: 46 },
  { name: "volume", share: 13 },
  { name: "mentions", share: 13 },
  { name: "sentiment", share: 13 },
  { name: "anomaly", share: 15 },
] as const;

/** Room that the name of a pattern takes; marks that are closer together show only one name. */
const NAME_PIXELS = 130;
const THIN: LineWidth = 1;
const PRICE_FORMAT = { type: "custom", minMove: 1e-12 } as const;

export interface TokenChart {
  readonly show: (series: Series, palette: Palette) => void;
  readonly mark: (alerts: readonly Alert[], selected: string | null, palette: Palette) => void;
  readonly paint: (palette: Palette) => void;
  readonly fit: () => void;
  /** Tops of the panes in pixels, for the legends that lie over them. */
  readonly paneTops: () => number[];
  readonly remove: () => void;
}

export interface Handlers {
  /** The step under the crosshair, or null when it is not over the chart. */
  readonly onPoint: (step: Step | null) => void;
  readonly onPickAlert: (id: string) => void;
}

export function createTokenChart(element: HTMLElement, handlers: Handlers): TokenChart {
  const chart = createChart(element, {
    autoSize: true,
    // As all times of the page; the browser's own language may be one that `Intl` does not know.
    localization: { locale: "en-GB" },
    // Its logo brings an inline style; the page names TradingView below the chart instead.
    layout: { attributionLogo: false, panes: { enableResize: false }, fontSize: 11 },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: {
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 3,
      minBarSpacing: 0.5,
      lockVisibleTimeRangeOnResize: true,
    },
    rightPriceScale: { minimumWidth: 76 },
    handleScroll: { vertTouchDrag: false },
  });
  const lines = addSeries(chart);
  const markers = createSeriesMarkers(lines.price, []);
  const bands = PANES.map(() => new AlertBands());
  chart.panes().forEach((pane, index) => {
    pane.setStretchFactor(PANES[index]?.share ?? 1);
    const band = bands[index];
    if (band !== undefined) pane.attachPrimitive(band);
  });

  let steps = new Map<Time, Step>();
  let shown: Series | null = null;

  chart.subscribeCrosshairMove((event) => {
    const { time } = event;
    handlers.onPoint(time === undefined ? null : (steps.get(time) ?? null));
  });
  chart.subscribeClick((event) => {
    const id = event.hoveredInfo?.objectId;
    if (typeof id === "string") handlers.onPickAlert(id);
  });

  const paint = (palette: Palette) => {
    chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: "transparent" },
        textColor: palette.text,
        panes: { separatorColor: palette.border },
      },
      grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
      crosshair: {
        vertLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
        horzLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
      },
      rightPriceScale: { borderColor: palette.border },
      timeScale: { borderColor: palette.border },
    });
    lines.price.applyOptions({
      upColor: palette.up,
      wickUpColor: palette.up,
      downColor: palette.down,
      wickDownColor: palette.down,
    });
    lines.mentions.applyOptions({ color: palette.mentions });
    lines.sentiment.applyOptions({
      topLineColor: palette.up,
      topFillColor1: palette.upSoft,
      topFillColor2: "transparent",
      bottomLineColor: palette.down,
      bottomFillColor1: "transparent",
      bottomFillColor2: palette.downSoft,
    });
    lines.adjusted.applyOptions({ color: palette.adjusted });
    lines.anomalyTrading.applyOptions({ color: palette.trading });
    lines.anomalySentiment.applyOptions({ color: palette.sentiment });
    lines.anomalyFlow.applyOptions({ color: palette.flow });
  };

  return {
    show(series, palette) {
      shown = series;
      const data = chartData(series.items, { up: palette.upSoft, down: palette.downSoft });
      steps = new Map(data.price.map((each, index) => [each.time, series.items[index] as Step]));
      const highest = Math.max(...series.items.map((step) => Number(step.high ?? 0)));
      const zeros = leadingZeros(highest);
      lines.price.applyOptions({
        priceFormat: { ...PRICE_FORMAT, formatter: (value: number) => price(value, zeros) },
      });
      lines.price.setData(data.price);
      lines.volume.setData(data.volume);
      lines.mentions.setData(data.mentions);
      lines.sentiment.setData(data.sentiment);
      lines.adjusted.setData(data.adjusted);
      lines.anomalyTrading.setData(data.anomalyTrading);
      lines.anomalySentiment.setData(data.anomalySentiment);
      lines.anomalyFlow.setData(data.anomalyFlow);
    },
    mark(alerts, selected, palette) {
      if (shown === null) return;
      const from = Date.parse(shown.from);
      const marks = alertMarks(alerts, from, Date.parse(shown.to), shown.step_ms);
      for (const band of bands) band.update(marks, palette.severity, selected);
      const nameSeconds =
        (NAME_PIXELS / element.clientWidth) * (shown.items.length * shown.step_ms) * 0.001;
      markers.setMarkers(seriesMarkers(marks, selected, palette, nameSeconds));
    },
    paint,
    fit: () => chart.timeScale().fitContent(),
    paneTops: () => paneTops(chart),
    remove: () => chart.remove(),
  };
}

function addSeries(chart: IChartApi) {
  const quiet = { priceLineVisible: false, lastValueVisible: false } as const;
  const whole = {
    type: "custom",
    minMove: 1,
    formatter: (value: number) => amount(Math.round(value)),
  } as const;
  const share = {
    type: "custom",
    minMove: 0.01,
    formatter: (value: number) => value.toFixed(2),
  } as const;
  const fixed = (low: number, high: number) => () => ({
    priceRange: { minValue: low, maxValue: high },
  });
  const anomaly = {
    ...quiet,
    lineWidth: THIN,
    lineType: LineType.WithSteps,
    priceFormat: share,
    autoscaleInfoProvider: fixed(0, 1),
    crosshairMarkerRadius: 2,
  } as const;
  const series = {
    price: chart.addSeries(
      CandlestickSeries,
      {
        borderVisible: false,
        priceLineStyle: 2,
        priceFormat: { ...PRICE_FORMAT, formatter: (value: number) => price(value) },
      },
      0,
    ),
    volume: chart.addSeries(HistogramSeries, { ...quiet, priceFormat: amountFormat() }, 1),
    mentions: chart.addSeries(HistogramSeries, { ...quiet, priceFormat: whole }, 2),
    sentiment: chart.addSeries(
      BaselineSeries,
      {
        ...quiet,
        lineWidth: THIN,
        baseValue: { type: "price", price: 0 },
        priceFormat: share,
        autoscaleInfoProvider: fixed(-1, 1),
      },
      3,
    ),
    adjusted: chart.addSeries(
      LineSeries,
      {
        ...quiet,
        lineWidth: THIN,
        priceFormat: share,
        autoscaleInfoProvider: fixed(-1, 1),
        crosshairMarkerRadius: 2,
      },
      3,
    ),
    anomalyTrading: chart.addSeries(LineSeries, anomaly, 4),
    anomalySentiment: chart.addSeries(LineSeries, anomaly, 4),
    anomalyFlow: chart.addSeries(LineSeries, anomaly, 4),
  };
  // Room for the legends, which lie over the top of each pane.
  series.price.priceScale().applyOptions({ scaleMargins: { top: 0.14, bottom: 0.06 } });
  for (const bars of [series.volume, series.mentions]) {
    bars.priceScale().applyOptions({ scaleMargins: { top: 0.3, bottom: 0 } });
  }
  series.sentiment.priceScale().applyOptions({ scaleMargins: { top: 0.26, bottom: 0.06 } });
  series.anomalyTrading.priceScale().applyOptions({ scaleMargins: { top: 0.26, bottom: 0.06 } });
  return series;
}

function amountFormat() {
  return { type: "custom", minMove: 1e-9, formatter: amount } as const;
}

function seriesMarkers(
  marks: readonly Mark[],
  selected: string | null,
  palette: Palette,
  nameSeconds: number,
) {
  const named = namedMarks(marks, selected, nameSeconds);
  return marks
    .toSorted((a, b) => a.seen - b.seen)
    .map((mark) => ({
      id: mark.id,
      time: mark.seen as Time,
      position: "aboveBar" as const,
      shape: "arrowDown" as const,
      color: palette.severity[mark.severity] ?? palette.text,
      size: mark.id === selected ? 1.6 : 1,
      text: named.has(mark.id) ? patternName(mark.pattern) : "",
    }));
}

function paneTops(chart: IChartApi): number[] {
  const separator = 1;
  let top = 0;
  return chart.panes().map((pane) => {
    const here = top;
    top += pane.getHeight() + separator;
    return here;
  });
}
