/** The feed: what the stream knows, completed from REST page by page as the reader goes back. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, fetchAlerts } from "../api/client.ts";
import { useStream, useStreamClient } from "../stream/hooks.tsx";
import { asAlertQuery, type Filter, readFilter, writeFilter } from "./filter.ts";
import { type Floor, feedRows, type Row } from "./rows.ts";

const PAGE = 100;
/** Whoever reads further back than this is better served by a filter. */
const MAX_ALERTS = 5_000;
/** A page that could not be read is asked for again after this long. */
const RETRY_MS = 2_000;

export interface Feed {
  readonly rows: readonly Row[];
  /** As many of them stay when older ones have been read. */
  readonly settled: number;
  /** The first page of this filter is still on its way. */
  readonly loading: boolean;
  readonly error: string | null;
  /** There are older alerts that `loadOlder` can bring. */
  readonly hasOlder: boolean;
  readonly full: boolean;
  readonly loadOlder: () => void;
}

interface Loaded {
  readonly key: string;
  readonly cursor: string | null;
  readonly floor: Floor | null;
  readonly error: string | null;
}

export function useFeed(filter: Filter): Feed {
  const client = useStreamClient();
  const { state } = useStream();
  // Folding events is the page's own work: REST is read the same way with and without.
  const key = writeFilter({ ...filter, all: false }).toString();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const busy = useRef(false);

  const read = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      busy.current = true;
      try {
        const query = asAlertQuery(readFilter(new URLSearchParams(key)));
        const page = await fetchAlerts({ ...query, cursor, limit: PAGE }, signal);
        if (signal.aborted) return;
        client.load(page.items);
        const last = page.items.at(-1);
        const floor = page.next_cursor === null || last === undefined ? null : last;
        setLoaded({ key, cursor: page.next_cursor, floor, error: null });
      } catch (error) {
        if (signal.aborted) return;
        const text = error instanceof ApiError ? error.message : "The answer could not be read.";
        setLoaded((before) =>
          before?.key === key
            ? { ...before, error: text }
            : { key, cursor: null, floor: null, error: text },
        );
      } finally {
        if (!signal.aborted) busy.current = false;
      }
    },
    [client, key],
  );

  const { generation } = state;
  const abort = useRef<AbortController | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation asks to read again
  useEffect(() => {
    const controller = new AbortController();
    abort.current = controller;
    void read(null, controller.signal);
    return () => controller.abort();
  }, [read, generation]);

  const current = loaded?.key === key ? loaded : null;
  const floor = current?.floor ?? null;
  const { rows, alerts, settled } = useMemo(
    () => feedRows(state.alerts, filter, floor),
    [state.alerts, filter, floor],
  );
  const full = alerts >= MAX_ALERTS;
  const cursor = current?.cursor ?? null;
  // Anew after every answer, also one like the last: whoever waits at the end asks again, since a
  // new generation may have dropped what was asked before.
  const loadOlder = useCallback(() => {
    if (busy.current || current === null || current.cursor === null || full) return;
    if (abort.current !== null) void read(current.cursor, abort.current.signal);
  }, [current, full, read]);

  const error = current?.error ?? null;
  useEffect(() => {
    // On `current`: the same failure once more is another answer and asks for another try.
    if (current === null || current.error === null || current.cursor === null) return;
    const timer = setTimeout(loadOlder, RETRY_MS);
    return () => clearTimeout(timer);
  }, [current, loadOlder]);

  return {
    rows,
    settled,
    loading: current === null,
    error,
    hasOlder: cursor !== null && !full,
    full: cursor !== null && full,
    loadOlder,
  };
}
