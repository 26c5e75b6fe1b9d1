/** Keys for whoever has no time for the mouse: `/`, `j`, `k`, Escape. */

import { useEffect } from "react";
import { alertHref, alertsHref, navigate } from "../shell/router.ts";
import type { Row } from "./rows.ts";

export function useKeys(rows: readonly Row[], selected: string | null, query: URLSearchParams) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event)) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLElement>(".filters input")?.focus();
      } else if (event.key === "Escape" && selected !== null) {
        navigate(alertsHref(query));
        rowOf(selected)?.focus({ preventScroll: true });
      } else if (event.key === "j" || event.key === "k") {
        if (selected === null) document.querySelector<HTMLElement>(".row-link")?.focus();
        else step(rows, selected, event.key === "j" ? 1 : -1, query);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [rows, selected, query]);
}

/** Whether the key means something to what has the focus, or to the browser. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  return event.target instanceof Element && event.target.closest("input, select, dialog") !== null;
}

/** Open the alert of the next row, or of the one before; the browser's Back skips these steps. */
function step(rows: readonly Row[], selected: string, by: number, query: URLSearchParams) {
  const here = rows.findIndex(({ held }) => held.alert.id === selected);
  const next = here < 0 ? undefined : rows[here + by];
  if (next !== undefined) navigate(alertHref(next.held.alert.id, query), { replace: true });
}

function rowOf(id: string): HTMLElement | null {
  return document.querySelector(`.row[data-alert="${CSS.escape(id)}"] .row-link`);
}
