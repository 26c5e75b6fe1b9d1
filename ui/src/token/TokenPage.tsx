import { useCallback, useMemo } from "react";
import { fetchSeries, fetchTokens } from "../api/client.ts";
import type { Token } from "../api/types.ts";
import { EVERYTHING, writeFilter } from "../feed/filter.ts";
import { useFeed } from "../feed/useFeed.ts";
import { price } from "../format/numbers.ts";
import { absoluteTime, bothTimes, relativeTime } from "../format/time.ts";
import { Empty } from "../shell/Empty.tsx";
import { alertsHref, navigate, tokenHref } from "../shell/router.ts";
import { TokenAddress } from "../shell/TokenAddress.tsx";
import { useNow } from "../shell/useNow.ts";
import { useResource, useTick } from "../shell/useResource.ts";
import { useStream } from "../stream/hooks.tsx";
import { Change } from "../tokens/TokensPage.tsx";
import { RANGES, type Range, rangeNamed, requestFor } from "./ranges.ts";
import { SeriesChart } from "./SeriesChart.tsx";
import { TokenAlerts } from "./TokenAlerts.tsx";

/** Signals close every 10 seconds, so half of that is as live as it gets. */
const REFRESH_MS = 5_000;

export function TokenPage({ token, query }: { token: string; query: URLSearchParams }) {
  const { state } = useStream();
  const tick = useTick(REFRESH_MS);
  const readToken = useCallback(async (key: string, signal: AbortSignal) => {
    const page = await fetchTokens({ q: key }, signal);
    return page.items.find((item) => item.token === key) ?? null;
  }, []);
  const info = useResource(token, `${tick}:${state.generation}`, readToken);

  if (info.data !== null) return <Known info={info.data} query={query} />;
  if (info.loading) return <div className="feed-loading" aria-busy="true" />;
  if (info.error !== null) {
    return <Empty title="The token could not be read">{info.error.message}</Empty>;
  }
  return (
    <Empty title={`There is no token “${token}” here`}>
      It appears with its first event. See <a href="#/tokens">all tokens</a>.
    </Empty>
  );
}

function Known({ info, query }: { info: Token; query: URLSearchParams }) {
  const range = rangeNamed(query.get("range"));
  const selected = query.get("alert");
  const filter = useMemo(() => ({ ...EVERYTHING, token: info.token, all: true }), [info.token]);
  const { rows } = useFeed(filter);
  const alerts = useMemo(() => rows.map(({ held }) => held.alert), [rows]);

  const request = requestFor(
    range,
    Date.parse(info.first_event_time),
    Date.parse(info.last_event_time),
  );
  const { from, to, points } = request;
  const read = useCallback(
    (_key: string, signal: AbortSignal) => fetchSeries(info.token, { from, to, points }, signal),
    [info.token, from, to, points],
  );
  const series = useResource(range.name, info.last_event_time, read);
  const choose = (next: Range) => {
    const changed = new URLSearchParams(query);
    changed.set("range", next.name);
    navigate(tokenHref(info.token, changed), { replace: true });
  };

  return (
    <div className="token-page">
      <TokenHead info={info} />
      <Ranges range={range} onChoose={choose} />
      <div className="chart-frame">
        {series.data !== null && (
          <SeriesChart
            series={series.data}
            alerts={alerts}
            selected={selected}
            fitKey={range.name}
          />
        )}
        {series.error !== null && <p className="inline-error">{series.error.message}</p>}
      </div>
      <p className="attribution">
        Shaded from estimated onset to end, solid line where the alert was raised. Charts by{" "}
        <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
          TradingView
        </a>
        .
      </p>
      <section aria-labelledby="token-alerts">
        <header className="section-head">
          <h2 id="token-alerts">Alerts</h2>
          <a href={alertsHref(writeFilter(filter))}>Show in the feed</a>
        </header>
        <TokenAlerts alerts={alerts} selected={selected} />
      </section>
    </div>
  );
}

function TokenHead({ info }: { info: Token }) {
  const now = useNow();
  return (
    <header className="token-head">
      <div>
        <h1>{info.symbol}</h1>
        {info.token !== info.symbol && <TokenAddress token={info.token} />}
      </div>
      <dl>
        <div>
          <dt>Price</dt>
          <dd>{info.price === null ? "–" : price(Number(info.price))}</dd>
        </div>
        <div>
          <dt>24 h</dt>
          <dd>
            <Change value={info.change_24h} />
          </dd>
        </div>
        <div>
          <dt>Open alerts</dt>
          <dd>{info.open_alerts}</dd>
        </div>
        <div>
          <dt>Last event</dt>
          <dd>
            <time dateTime={info.last_event_time} title={bothTimes(info.last_event_time)}>
              {relativeTime(info.last_event_time, now)}
              <small>{absoluteTime(info.last_event_time, now)} UTC</small>
            </time>
          </dd>
        </div>
      </dl>
    </header>
  );
}

function Ranges({ range, onChoose }: { range: Range; onChoose: (range: Range) => void }) {
  return (
    <fieldset className="ranges">
      <legend className="visually-hidden">Range</legend>
      {RANGES.map((each) => (
        <label key={each.name}>
          <input
            type="radio"
            name="range"
            value={each.name}
            checked={each.name === range.name}
            aria-label={each.words}
            onChange={() => onChoose(each)}
          />
          <span>{each.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
