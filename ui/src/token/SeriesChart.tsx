import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Alert, Series, Step } from "../api/types.ts";
import { alertHref, navigate } from "../shell/router.ts";
import { useTheme } from "../shell/theme.ts";
import { Legends } from "./Legends.tsx";
import { readPalette } from "./palette.ts";
import { createTokenChart, type TokenChart } from "./tokenChart.ts";

/** The chart in React. `fitKey` names the range: when it changes, the whole range is shown. */
export function SeriesChart({
  series,
  alerts,
  selected,
  fitKey,
}: {
  series: Series;
  alerts: readonly Alert[];
  selected: string | null;
  fitKey: string;
}) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<TokenChart | null>(null);
  const [step, setStep] = useState<Step | null>(null);
  const [tops, setTops] = useState<readonly number[]>([]);
  const theme = useTheme();

  const measure = useCallback(() => {
    // The chart lays its panes out in an animation frame of its own.
    requestAnimationFrame(() => {
      const next = chart.current?.paneTops() ?? [];
      setTops((last) => (last.join() === next.join() ? last : next));
    });
  }, []);

  useLayoutEffect(() => {
    if (element.current === null) return;
    const created = createTokenChart(element.current, {
      onPoint: setStep,
      onPickAlert: (id) => navigate(alertHref(id)),
    });
    chart.current = created;
    const observer = new ResizeObserver(measure);
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      created.remove();
      chart.current = null;
    };
  }, [measure]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what the palette reads
  useEffect(() => {
    const palette = readPalette();
    chart.current?.paint(palette);
    chart.current?.show(series, palette);
    measure();
  }, [series, theme, measure]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: marks lie on the series' axis
  useEffect(() => {
    chart.current?.mark(alerts, selected, readPalette());
  }, [alerts, selected, series, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another range moves the view
  useEffect(() => {
    chart.current?.fit();
  }, [fitKey]);

  const latest =
    series.items.findLast((each) => each.close !== null) ?? series.items.at(-1) ?? null;
  return (
    <figure className="chart">
      <div
        ref={element}
        className="chart-canvas"
        role="img"
        aria-label={`Price, volume, mentions, sentiment and anomaly of ${series.symbol} over time`}
      />
      <Legends step={step ?? latest} tops={tops} />
    </figure>
  );
}
