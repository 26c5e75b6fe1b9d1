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
import type { Held } from "../stream/state.ts";
import { type Window, windowOf } from "./rows.ts";

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

export function useWindow(
  container: RefObject<HTMLElement | null>,
  rows: readonly Held[],
): FeedWindow {
  const rowHeight = useSyncExternalStore(listenToWidth, rowHeightNow);
  const [scrollTop, setScrollTop] = useState(0);
  const [viewHeight, setViewHeight] = useState(800);
  const [above, setAbove] = useState(0);
  const anchor = useRef<string | null>(null);
  const anchorIndex = useRef(0);

  const onScroll = useCallback(() => {
    const top = container.current?.scrollTop ?? 0;
    setScrollTop(top);
    if (top < rowHeight) setAbove(0);
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
    const before = anchorIndex.current;
    const after =
      anchor.current === null ? -1 : rows.findIndex((row) => row.alert.id === anchor.current);
    if (after > before && element.scrollTop >= rowHeight) {
      element.scrollTop += (after - before) * rowHeight;
      setAbove((count) => count + after - before);
    }
    const top = Math.min(rows.length - 1, Math.floor(element.scrollTop / rowHeight));
    anchor.current = rows[top]?.alert.id ?? null;
    anchorIndex.current = top;
  }, [container, rows, rowHeight, scrollTop]);

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

function rowHeightNow(): number {
  return narrow.matches ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
}

function listenToWidth(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}
