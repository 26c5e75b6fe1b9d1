/** The REST API as typed functions. They throw `ApiError` with a sentence for the reader. */

import { sessionStore } from "./session.ts";
import type {
  AlertHistory,
  AlertPage,
  AlertQuery,
  DetectorPage,
  Judging,
  Series,
  SeriesQuery,
  TokenPage,
  TokenQuery,
  WatchListPage,
  WatchListQuery,
  WatchSubject,
} from "./types.ts";

export const API = "/api/v1";

export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function fetchAlerts(query: AlertQuery, signal?: AbortSignal): Promise<AlertPage> {
  return get<AlertPage>("/alerts", { ...query }, signal);
}

export function fetchAlert(id: string, signal?: AbortSignal): Promise<AlertHistory> {
  return get<AlertHistory>(`/alerts/${encodeURIComponent(id)}`, {}, signal);
}

export function fetchDetectors(signal?: AbortSignal): Promise<DetectorPage> {
  return get<DetectorPage>("/detectors", {}, signal);
}

/** Returns once the verdict is safe; saying something else later replaces it. */
export async function giveVerdict(alert: string, judging: Judging): Promise<void> {
  await request("POST", `/alerts/${encodeURIComponent(alert)}/verdict`, {}, judging);
}

export function fetchTokens(query: TokenQuery, signal?: AbortSignal): Promise<TokenPage> {
  return get<TokenPage>("/tokens", { ...query }, signal);
}

export function fetchSeries(
  token: string,
  query: SeriesQuery,
  signal?: AbortSignal,
): Promise<Series> {
  return get<Series>(`/tokens/${encodeURIComponent(token)}/series`, { ...query }, signal);
}

export function fetchWatchList(
  query: WatchListQuery,
  signal?: AbortSignal,
): Promise<WatchListPage> {
  return get<WatchListPage>("/watch-list", { ...query }, signal);
}

/** Watching what is watched already changes nothing. */
export async function addWatched(subject: WatchSubject): Promise<void> {
  await request("POST", "/watch-list", {}, { items: [subject] });
}

export async function removeWatched(subject: WatchSubject): Promise<void> {
  await request("DELETE", "/watch-list", { ...subject });
}

type Value = string | number | boolean | null;
/** Undefined and null are left out, lists are repeated. */
type Query = Record<string, Value | readonly Value[] | undefined>;

async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const response = await request("GET", path, query, undefined, signal);
  return (await response.json()) as T;
}

async function request(
  method: "GET" | "POST" | "DELETE",
  path: string,
  query: Query,
  body?: object,
  signal?: AbortSignal,
): Promise<Response> {
  const { token } = sessionStore.get();
  const headers: Record<string, string> = {};
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, signal: signal ?? null };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(`${API}${path}${search(query)}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (response.status === 401) {
    sessionStore.refused();
    throw new ApiError(401, `Sign in to ${method === "GET" ? "see" : "change"} this.`);
  }
  if (!response.ok) throw new ApiError(response.status, await reason(response));
  return response;
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values ?? null].flat()) {
      if (value !== null) parameters.append(name, String(value));
    }
  }
  return parameters.size === 0 ? "" : `?${parameters}`;
}

async function reason(response: Response): Promise<string> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "detail" in body) {
      if (typeof body.detail === "string") return body.detail;
    }
  } catch {
    // No JSON: a proxy's error page, say. The status is all there is to tell.
  }
  return `The server answered with status ${response.status}.`;
}
