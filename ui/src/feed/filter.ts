/** What the feed shows, kept in the page's address so that a view can be shared. */

import type { Alert, AlertQuery, Pattern, Severity, Status } from "../api/types.ts";
import { PATTERNS, SEVERITIES, STATUSES } from "../format/words.ts";

export interface Filter {
  readonly token: string | null;
  readonly pattern: Pattern | null;
  readonly severity: Severity | null;
  readonly status: Status | null;
  readonly minScore: number;
  /** Every alert has a row, also what is part of another alert's event. */
  readonly all: boolean;
}

export const EVERYTHING: Filter = {
  token: null,
  pattern: null,
  severity: null,
  status: null,
  minScore: 0,
  all: false,
};

/** The filter in an address; what it cannot mean is left out rather than shown as an error. */
export function readFilter(query: URLSearchParams): Filter {
  const minScore = Number(query.get("min_score") ?? 0);
  return {
    token: query.get("token") || null,
    pattern: oneOf(query.get("pattern"), Object.keys(PATTERNS) as Pattern[]),
    severity: oneOf(query.get("severity"), SEVERITIES),
    status: oneOf(query.get("status"), STATUSES),
    minScore: minScore > 0 && minScore <= 1 ? minScore : 0,
    all: query.get("all") === "1",
  };
}

export function writeFilter(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ["token", "pattern", "severity", "status"] as const) {
    const value = filter[name];
    if (value !== null) query.set(name, value);
  }
  if (filter.minScore > 0) query.set("min_score", String(filter.minScore));
  if (filter.all) query.set("all", "1");
  return query;
}

/**
 * The same filter for REST, which is asked for every alert also where events are folded: what is
 * part of an alert that does not pass has a row of its own.
 */
export function asAlertQuery(filter: Filter): AlertQuery {
  return {
    token: filter.token,
    pattern: filter.pattern === null ? [] : [filter.pattern],
    severity: filter.severity === null ? [] : [filter.severity],
    status: filter.status === null ? [] : [filter.status],
    min_score: filter.minScore > 0 ? filter.minScore : null,
  };
}

export function passes(filter: Filter, alert: Alert): boolean {
  return (
    (filter.token === null || alert.token === filter.token) &&
    (filter.pattern === null || alert.pattern === filter.pattern) &&
    (filter.severity === null || alert.severity === filter.severity) &&
    (filter.status === null || alert.status === filter.status) &&
    alert.score >= filter.minScore
  );
}

/** Whether every alert passes. How the rows are laid out does not matter. */
export function isEverything(filter: Filter): boolean {
  return writeFilter({ ...filter, all: false }).size === 0;
}

export function cleared(filter: Filter): Filter {
  return { ...EVERYTHING, all: filter.all };
}

function oneOf<T extends string>(value: string | null, known: readonly T[]): T | null {
  return known.find((each) => each === value) ?? null;
}
