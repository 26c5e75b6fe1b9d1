import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import type { Alert } from "../api/types.ts";
import { alertNames, partOf } from "../format/events.ts";
import { Empty } from "../shell/Empty.tsx";
import { alertHref } from "../shell/router.ts";
import { useNow } from "../shell/useNow.ts";
import { useStream } from "../stream/hooks.tsx";
import { FeedRow } from "./FeedRow.tsx";
import { cleared, type Filter, isEverything, writeFilter } from "./filter.ts";
import type { Feed } from "./useFeed.ts";
import { useWindow } from "./useWindow.ts";

/** When this few rows that stay are left below the view, the next page is fetched. */
const LOAD_AHEAD_ROWS = 30;

/** The rows of the feed. Only those in view are in the document, so thousands cost nothing. */
export function FeedList({
  feed,
  filter,
  selected,
  onFilter,
}: {
  feed: Feed;
  filter: Filter;
  selected: string | null;
  onFilter: (filter: Filter) => void;
}) {
  const now = useNow();
  const list = useRef<HTMLDivElement>(null);
  const { rows, settled, hasOlder, loadOlder } = feed;
  const query = writeFilter(filter);
  const { first, end, rowHeight, above, onScroll, toTop } = useWindow(list, rows, String(query));

  useEffect(() => {
    if (hasOlder && end > settled - LOAD_AHEAD_ROWS) loadOlder();
  }, [hasOlder, end, settled, loadOlder]);
  useReveal(list, feed, selected, rowHeight);

  if (rows.length === 0) return <Nothing feed={feed} filter={filter} onFilter={onFilter} />;
  return (
    <div className="feed-frame">
      <FeedHead />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys bubble up from the rows' links */}
      <div
        ref={list}
        className="feed-scroll"
        onScroll={onScroll}
        onKeyDown={(event) => moveFocus(event, list.current, rowHeight)}
      >
        <ol className="feed-list" style={{ height: rows.length * rowHeight }}>
          {rows.slice(first, end).map(({ held, others, leader }, index) => (
            <FeedRow
              key={held.alert.id}
              held={held}
              others={others.length}
              othersNames={alertNames(others)}
              partOf={partOf(held.alert, leader)}
              href={alertHref(held.alert.id, query)}
              now={now}
              top={(first + index) * rowHeight}
              position={first + index + 1}
              count={hasOlder ? -1 : rows.length}
              selected={held.alert.id === selected}
            />
          ))}
        </ol>
        <p className="feed-end">{ending(feed)}</p>
      </div>
      {above > 0 && (
        <button type="button" className="to-top" onClick={toTop}>
          ↑ {above} new
        </button>
      )}
    </div>
  );
}

/** What stands where in a row; screen readers are told by the rows themselves. */
function FeedHead() {
  return (
    <div className="feed-head" aria-hidden="true">
      <div className="row-cells">
        <span>Severity</span>
        <span>Token</span>
        <span>Pattern</span>
        <span className="row-phase">Phase</span>
        <span>Status</span>
        <span>Score</span>
        <span className="row-risk">At risk</span>
        <span className="row-time">Seen</span>
      </div>
    </div>
  );
}

/** Bring the selected alert's row into view once, when it was selected elsewhere than here. */
function useReveal(
  list: RefObject<HTMLElement | null>,
  feed: Feed,
  selected: string | null,
  rowHeight: number,
) {
  const done = useRef<string | null>(null);
  const { rows, loading } = feed;
  useEffect(() => {
    if (loading || done.current === selected) return;
    done.current = selected;
    const isIt = (alert: Alert) => alert.id === selected;
    const place = rows.findIndex(({ held, others }) => isIt(held.alert) || others.some(isIt));
    if (list.current !== null && place >= 0) reveal(list.current, place * rowHeight, rowHeight);
  }, [list, rows, loading, selected, rowHeight]);
}

/** Scroll no further than is needed to see all of the row. */
function reveal(list: HTMLElement, top: number, rowHeight: number) {
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + rowHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top + rowHeight - list.clientHeight;
}

function ending(feed: Feed): string {
  if (feed.loading) return "Reading alerts…";
  if (feed.error !== null) return `Older alerts could not be read. ${feed.error}`;
  if (feed.full)
    return "That is as far back as this list goes. Narrow the filters to see older ones.";
  if (feed.hasOlder) return "Reading older alerts…";
  const { length } = feed.rows;
  // Where events stand in one row, there are more alerts than rows.
  const what = feed.rows.some((row) => row.others.length > 0) ? "row" : "alert";
  return `${length === 1 ? `One ${what}` : `${length} ${what}s`}, none older.`;
}

/** Arrow keys walk the rows; Home and End go to the edges. */
function moveFocus(event: KeyboardEvent, list: HTMLElement | null, rowHeight: number) {
  if (list === null) return;
  if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    list.scrollTop = event.key === "Home" ? 0 : list.scrollHeight;
    return;
  }
  const step = event.key === "ArrowDown" || event.key === "j" ? 1 : -1;
  if (step === -1 && event.key !== "ArrowUp" && event.key !== "k") return;
  const links = [...list.querySelectorAll<HTMLAnchorElement>("a.row-link")];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = links[here + step];
  if (here === -1 || next === undefined) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  const top = next.getBoundingClientRect().top - list.getBoundingClientRect().top;
  reveal(list, list.scrollTop + top, rowHeight);
}

function Nothing({
  feed,
  filter,
  onFilter,
}: {
  feed: Feed;
  filter: Filter;
  onFilter: (filter: Filter) => void;
}) {
  const { connection } = useStream();
  if (feed.loading) return <div className="feed-loading" aria-busy="true" />;
  if (feed.error !== null) {
    return <Empty title="The alerts could not be read">{feed.error}</Empty>;
  }
  if (!isEverything(filter)) {
    return (
      <Empty title="No alert passes these filters">
        <button type="button" onClick={() => onFilter(cleared(filter))}>
          Clear the filters
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No alerts yet">
      {connection === "live" ? "The page is live and shows the first one as it happens. " : ""}
      Start a market with <code>memewatch up --source demo</code>, or publish recorded trades with{" "}
      <code>memewatch play</code>.
    </Empty>
  );
}
