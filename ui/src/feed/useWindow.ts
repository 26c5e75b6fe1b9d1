/** Draw only the rows in view, and keep the reader's place when rows arrive above it. */

import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { arrivals, type Floor, placeOf, type Row, type Window, windowOf } from "./rows.ts";

/** As in `feed.css`: all rows are equally high, so places are arithmetic and nothing shifts. */
const ROW_HEIGHT = 68;
const NARROW_ROW_HEIGHT = 100;
const narrow = window.matchMedia("(max-width: 640px)");

export interface FeedWindow extends Window {
  readonly rowHeight: number;
  /** How many rows came in above the view since the reader scrolled down. */
  readonly above: number;
  readonly onScroll: () => void;
  readonly toTop: () => void;
}

/** What was on the screen last: the row at the top of the view is what the reader looks at. */
interface Seen {
  readonly rows: readonly Row[];
  readonly view: string;
  readonly anchor: Floor | null;
  readonly place: number;
  readonly scrollTop: number;
}

/** `view` names what the rows are a choice of; rows that another choice adds are not new. */
export function useWindow(
  container: RefObject<HTMLElement | null>,
  rows: readonly Row[],
  view: string,
): FeedWindow {
  const rowHeight = useSyncExternalStore(listenToWidth, rowHeightNow);
  const [scrollTop, setScrollTop] = useState(0);
  const [viewHeight, setViewHeight] = useState(800);
  const [above, setAbove] = useState(0);
  const seen = useRef<Seen>({ rows, view, anchor: null, place: 0, scrollTop: 0 });
  const fresh = useRef(new Set<string>());

  const onScroll = useCallback(() => {
    const top = container.current?.scrollTop ?? 0;
    setScrollTop(top);
    if (top < rowHeight) {
      fresh.current.clear();
      setAbove(0);
    }
  }, [container, rowHeight]);

  const mounted = rows.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it exists once there are rows
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setViewHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [container, mounted]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: with `scrollTop` the anchor follows the reader
  useLayoutEffect(() => {
    const element = container.current;
    if (element === null) return;
    const last = seen.current;
    if (last.anchor !== null && rows !== last.rows && element.scrollTop >= rowHeight) {
      const place = placeOf(rows, last.anchor);
      shift(element, last.scrollTop, (place - last.place) * rowHeight);
      if (view !== last.view) fresh.current.clear();
      else for (const id of arrivals(last.rows, rows, place)) fresh.current.add(id);
      // What came in may have become part of another row since.
      setAbove(rows.filter((row) => fresh.current.has(row.held.alert.id)).length);
    }
    const place = Math.max(0, Math.min(rows.length - 1, Math.floor(element.scrollTop / rowHeight)));
    const anchor = rows[place]?.held.alert ?? null;
    seen.current = { rows, view, anchor, place, scrollTop: element.scrollTop };
  }, [container, rows, view, rowHeight, scrollTop]);

  const toTop = useCallback(() => {
    container.current?.scrollTo({ top: 0, behavior: "smooth" });
  }, [container]);

  return {
    ...windowOf(rows.length, rowHeight, scrollTop, viewHeight),
    rowHeight,
    above,
    onScroll,
    toTop,
  };
}

/** Scroll by so many pixels, for rows that came or went above the view. */
function shift(element: HTMLElement, before: number, pixels: number): void {
  if (pixels > 0) element.scrollTop += pixels;
  // A list that has become shorter may already have been moved up by the browser.
  if (pixels < 0) element.scrollTop = Math.min(element.scrollTop, before + pixels);
}

function rowHeightNow(): number {
  return narrow.matches ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
}

function listenToWidth(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}
