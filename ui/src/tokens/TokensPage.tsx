import { useCallback, useEffect, useState } from "react";
import { fetchTokens } from "../api/client.ts";
import type { Token, TokenPage } from "../api/types.ts";
import { change, price } from "../format/numbers.ts";
import { absoluteTime, bothTimes, relativeTime } from "../format/time.ts";
import { Empty } from "../shell/Empty.tsx";
import { navigate, tokenHref } from "../shell/router.ts";
import { type Column, Table, TableFrame } from "../shell/Table.tsx";
import { useNow } from "../shell/useNow.ts";
import { useResource, useTick } from "../shell/useResource.ts";
import { useStream } from "../stream/hooks.tsx";

const REFRESH_MS = 10_000;
const TYPING_PAUSE_MS = 150;

/** All tokens, the most recently active first, with search. */
export function TokensPage({ query }: { query: URLSearchParams }) {
  const search = query.get("q") ?? "";
  const [text, setText] = useState(search);
  const [pages, setPages] = useState(1);
  const { state } = useStream();
  const tick = useTick(REFRESH_MS);
  const read = useCallback(
    (key: string, signal: AbortSignal) => readPages(key, pages, signal),
    [pages],
  );
  const tokens = useResource(`q:${search}`, `${tick}:${state.generation}`, read);

  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === search) return;
      setPages(1);
      navigate(text === "" ? "#/tokens" : `#/tokens?${new URLSearchParams({ q: text })}`, {
        replace: true,
      });
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, search]);

  return (
    <section className="tokens-page" aria-labelledby="tokens-title">
      <header className="tokens-head">
        <h1 id="tokens-title">Tokens</h1>
        <input
          type="search"
          aria-label="Search tokens"
          placeholder="Symbol or address"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </header>
      {tokens.error !== null && <p className="inline-error">{tokens.error.message}</p>}
      {tokens.data === null && tokens.loading && <div className="feed-loading" aria-busy="true" />}
      {tokens.data !== null && tokens.data.items.length > 0 && (
        <>
          <TokenTable tokens={tokens.data.items} />
          {tokens.data.next_cursor !== null && (
            <button type="button" onClick={() => setPages(pages + 1)}>
              Show more
            </button>
          )}
        </>
      )}
      {tokens.data?.items.length === 0 && <Nothing search={search} onClear={() => setText("")} />}
    </section>
  );
}

/** The first `count` pages, so that a refresh shows as much as before. */
async function readPages(key: string, count: number, signal: AbortSignal) {
  const q = key.slice("q:".length) || null;
  const items: Token[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < count; page += 1) {
    const answer: TokenPage = await fetchTokens({ q, cursor }, signal);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return { items, next_cursor: cursor };
}

function TokenTable({ tokens }: { tokens: readonly Token[] }) {
  const now = useNow();
  const lastEvent: Column<Token> = {
    title: "Last event",
    isNumber: true,
    cell: ({ last_event_time: time }) => (
      <time dateTime={time} title={bothTimes(time)}>
        {relativeTime(time, now)}
        <small>{absoluteTime(time, now)} UTC</small>
      </time>
    ),
  };
  return (
    <TableFrame label="Tokens, the most recently active first">
      <Table
        className="tokens"
        columns={[...COLUMNS, lastEvent]}
        rows={tokens}
        keyOf={({ token }) => token}
      />
    </TableFrame>
  );
}

const COLUMNS: readonly Column<Token>[] = [
  {
    title: "Token",
    isName: true,
    cell: ({ token, symbol }) => (
      <a href={tokenHref(token)}>
        {symbol}
        {token !== symbol && <small>{token}</small>}
      </a>
    ),
  },
  {
    title: "Price",
    isNumber: true,
    cell: (token) => (token.price === null ? "–" : price(Number(token.price))),
  },
  { title: "24 h", isNumber: true, cell: (token) => <Change value={token.change_24h} /> },
  {
    title: "Open alerts",
    isNumber: true,
    cell: ({ open_alerts: open }) => (open > 0 ? <b className="count">{open}</b> : "0"),
  },
];

export function Change({ value }: { value: number | null }) {
  if (value === null) return <span className="change">–</span>;
  return (
    <span className="change" data-direction={value > 0 ? "up" : value < 0 ? "down" : "flat"}>
      {change(value)}
    </span>
  );
}

function Nothing({ search, onClear }: { search: string; onClear: () => void }) {
  if (search !== "") {
    return (
      <Empty title={`No token is called “${search}”`}>
        <button type="button" onClick={onClear}>
          Show all tokens
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No tokens yet">
      They appear with their first event. Start a market with{" "}
      <code>memewatch up --source demo</code>, or publish recorded trades with{" "}
      <code>memewatch play</code>.
    </Empty>
  );
}
