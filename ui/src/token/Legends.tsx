import type { ReactNode } from "react";
import type { Step } from "../api/types.ts";
import { amount, price } from "../format/numbers.ts";
import { absoluteTime } from "../format/time.ts";

/** What each pane shows, with the values under the crosshair (else of the last step). */
export function Legends({ step, tops }: { step: Step | null; tops: readonly number[] }) {
  if (step === null) return null;
  const panes = [
    <Price key="price" step={step} />,
    <Line key="volume" name="Volume">
      <b>{amount(Number(step.volume))}</b> in {step.trades} trades
      {step.buy_share !== null && `, ${Math.round(step.buy_share * 100)} % buys`}
    </Line>,
    <Line key="mentions" name="Mentions">
      <b>{step.mentions}</b> by {step.authors} {step.authors === 1 ? "author" : "authors"}
    </Line>,
    <Line key="sentiment" name="Sentiment">
      <b>{signed(step.rolling_sentiment)}</b>
      <Key series="adjusted" name="without bots" value={signed(step.adjusted_sentiment)} />
      <span className="legend-more">
        {step.bot_share !== null && `(${Math.round(step.bot_share * 100)} % of posts left out), `}
        by reach <b>{signed(step.creator_sentiment)}</b>
      </span>
    </Line>,
    <Line key="anomaly" name="Anomaly">
      <Key series="trading" value={share(step.anomaly_trading)} />
      <Key series="sentiment" value={share(step.anomaly_sentiment)} />
      <Key series="flow" value={share(step.anomaly_flow)} />
    </Line>,
  ];
  return (
    <figcaption className="legends">
      {panes.map((pane, index) => (
        <div key={pane.key} style={{ top: (tops[index] ?? 0) + 5 }} hidden={tops.length === 0}>
          {pane}
        </div>
      ))}
    </figcaption>
  );
}

function Price({ step }: { step: Step }) {
  const values = [
    ["O", step.open],
    ["H", step.high],
    ["L", step.low],
    ["C", step.close],
  ] as const;
  return (
    <Line name={`${absoluteTime(step.time, Date.now())} UTC`}>
      {values.map(([name, value]) => (
        <span key={name} className="ohlc">
          {name} <b>{value === null ? "–" : price(Number(value))}</b>
        </span>
      ))}
    </Line>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <span className="legend-name">{name}</span> {children}
    </>
  );
}

function Key({ series, name = series, value }: { series: string; name?: string; value: string }) {
  return (
    <span className="legend-key" data-series={series}>
      {name} <b>{value}</b>
    </span>
  );
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function signed(value: number | null): string {
  if (value === null) return "–";
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
}
