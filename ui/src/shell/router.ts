/** The page's address: `#/alerts/ID?filters`. A fragment, so any server can serve the page. */

import { useSyncExternalStore } from "react";

export type Route =
  | { page: "alerts"; alert: string | null; query: URLSearchParams }
  | { page: "tokens"; query: URLSearchParams }
  | { page: "token"; token: string; query: URLSearchParams }
  | { page: "watch"; query: URLSearchParams }
  | { page: "detectors"; query: URLSearchParams }
  | { page: "missing"; query: URLSearchParams };

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const query = new URLSearchParams(search);
  const parts = path.split("/").filter((part) => part !== "");
  const [page = "alerts", encoded] = parts;
  const name = encoded === undefined ? null : decoded(encoded);
  if (parts.length > 2) return { page: "missing", query };
  if (page === "alerts") return { page, alert: name, query };
  if (page === "tokens")
    return name === null ? { page, query } : { page: "token", token: name, query };
  if ((page === "watch" || page === "detectors") && name === null) return { page, query };
  return { page: "missing", query };
}

export function alertHref(id: string, query?: URLSearchParams): string {
  return `#/alerts/${encodeURIComponent(id)}${suffix(query)}`;
}

export function alertsHref(query?: URLSearchParams): string {
  return `#/alerts${suffix(query)}`;
}

export function tokenHref(token: string, query?: URLSearchParams): string {
  return `#/tokens/${encodeURIComponent(token)}${suffix(query)}`;
}

/** Change the address; `replace` leaves no step in the browser's history (for filters). */
export function navigate(href: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, "", href);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = href;
  }
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(listen, () => location.hash));
}

function listen(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function suffix(query: URLSearchParams | undefined): string {
  const text = query?.toString() ?? "";
  return text === "" ? "" : `?${text}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
