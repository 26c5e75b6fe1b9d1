/** The REST API as typed functions. They throw `ApiError` with a sentence for the reader. */

import { sessionStore } from "./session.ts";
import type {
  AlertHistory,
  AlertPage,
  AlertQuery,
  Series,
  SeriesQuery,
  TokenPage,
  TokenQuery,
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

type Value = string | number | null;
/** Undefined and null are left out, lists are repeated. */
type Query = Record<string, Value | readonly Value[] | undefined>;

async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const { token } = sessionStore.get();
  const headers: HeadersInit = token === null ? {} : { Authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(`${API}${path}${search(query)}`, { headers, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (response.status === 401) {
    sessionStore.refused();
    throw new ApiError(401, "Sign in to see this.");
  }
  if (!response.ok) throw new ApiError(response.status, await reason(response));
  return (await response.json()) as T;
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
