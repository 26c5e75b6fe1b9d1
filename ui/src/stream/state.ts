/**
 * What the page knows of the alerts, as a pure function of what arrived.
 *
 * The promise: every change is applied once and in the order of `seq`, or the state says `broken`
 * and the client connects again. `seq` is the last change of which everything before is applied.
 */

import type { Alert } from "../api/types.ts";
import type { Change, Heartbeat, Hello, ServerMessage, Snapshot, Subscribed } from "./messages.ts";

/** Where one connection stands: waiting for hello, for a snapshot, for the answer to `subscribe`. */
export type Phase = "greeting" | "loading" | "resuming" | "live" | "broken";

/** An alert and when it changed before the reader's eyes (null: it came with a snapshot or REST). */
export interface Held {
  readonly alert: Alert;
  readonly changedAt: number | null;
}

export type Alerts = ReadonlyMap<string, Held>;

export interface StreamState {
  readonly phase: Phase;
  readonly epoch: string | null;
  readonly seq: number;
  readonly heartbeatMs: number;
  readonly alerts: Alerts;
  /** Grows whenever something may be missing from `alerts`, so lists must be read from REST again. */
  readonly generation: number;
  /** The parts of a snapshot that came so far. */
  readonly parts: readonly Alert[];
  /** Whether the server reaches its database; when not, what we show may be old. */
  readonly databaseUp: boolean;
}

export type Action =
  | { type: "connected" }
  | { type: "received"; message: ServerMessage; at: number }
  | { type: "loaded"; alerts: readonly Alert[] };

/** More than a screen will ever show; the oldest that are over go first. */
export const MAX_ALERTS = 12_000;
const KEPT_WHEN_FULL = 8_000;

export const initialState: StreamState = {
  phase: "greeting",
  epoch: null,
  seq: 0,
  heartbeatMs: 5_000,
  alerts: new Map(),
  generation: 0,
  parts: [],
  databaseUp: true,
};

export function reduce(state: StreamState, action: Action): StreamState {
  switch (action.type) {
    case "connected":
      return { ...state, phase: "greeting", parts: [] };
    case "loaded":
      return bounded({ ...state, alerts: merged(state.alerts, action.alerts, null) });
    case "received":
      return receive(state, action.message, action.at);
  }
}

function receive(state: StreamState, message: ServerMessage, at: number): StreamState {
  if (state.phase === "broken") return state;
  switch (message.type) {
    case "hello":
      return greet(state, message);
    case "snapshot":
      return takeSnapshot(state, message);
    case "subscribed":
      return resume(state, message);
    case "heartbeat":
      return beat(state, message);
    case "error":
    case "shutdown":
      return state;
    default:
      return change(state, message, at);
  }
}

function greet(state: StreamState, hello: Hello): StreamState {
  const heartbeatMs = hello.heartbeat_s * 1000;
  if (hello.epoch === state.epoch && hello.seq >= state.seq) {
    return { ...state, heartbeatMs, phase: "resuming" };
  }
  // Another epoch is another history: its sequence numbers and alerts are not comparable to ours.
  const alerts = state.epoch === null ? state.alerts : new Map();
  return { ...state, heartbeatMs, phase: "loading", epoch: hello.epoch, seq: 0, alerts };
}

/** A large snapshot comes in parts of the same `seq`; only the last one makes it count. */
function takeSnapshot(state: StreamState, snapshot: Snapshot): StreamState {
  // A server that was asked to resume decides first; until then this is not what we asked for.
  if (state.phase === "resuming") return state;
  const parts = [...state.parts, ...snapshot.alerts];
  if (snapshot.more) return { ...state, parts };
  return bounded({
    ...state,
    phase: "live",
    seq: snapshot.seq,
    alerts: replaced(state.alerts, parts, snapshot.seq),
    generation: state.generation + 1,
    parts: [],
  });
}

/** Recovered: what we missed follows. Not recovered: a snapshot follows. */
function resume(state: StreamState, answer: Subscribed): StreamState {
  if (state.phase !== "resuming") return state;
  return { ...state, phase: answer.recovered ? "live" : "loading", parts: [] };
}

function beat(state: StreamState, heartbeat: Heartbeat): StreamState {
  const seq = heartbeat.seq ?? 0;
  // The server has sent more than we received, and messages arrive in order: a change got lost.
  if (state.phase === "live" && seq > state.seq) return broken(state);
  const databaseUp = heartbeat.database === "up";
  return databaseUp === state.databaseUp ? state : { ...state, databaseUp };
}

function change(state: StreamState, message: Change, at: number): StreamState {
  if (state.phase !== "live" || message.seq <= state.seq) return state;
  if (message.previous_seq > state.seq) return broken(state);
  return bounded({
    ...state,
    seq: message.seq,
    alerts: merged(state.alerts, [message.alert], at),
  });
}

function broken(state: StreamState): StreamState {
  return { ...state, phase: "broken", parts: [] };
}

/** `alerts` with every alert that is news; the same object when nothing is. */
function merged(alerts: Alerts, incoming: readonly Alert[], changedAt: number | null): Alerts {
  const news = incoming.filter((alert) => isNews(alerts, alert));
  if (news.length === 0) return alerts;
  const result = new Map(alerts);
  for (const alert of news) if (isNews(result, alert)) result.set(alert.id, { alert, changedAt });
  return result;
}

function isNews(alerts: Alerts, alert: Alert): boolean {
  const held = alerts.get(alert.id);
  return held === undefined || alert.seq > held.alert.seq;
}

/** A snapshot holds all alerts still going on: what only we hold as such is no longer so. */
function replaced(alerts: Alerts, current: readonly Alert[], seq: number): Alerts {
  const result = new Map<string, Held>();
  const goingOn = new Set(current.map((alert) => alert.id));
  for (const [id, held] of alerts) {
    const stillTrue = goingOn.has(id) || !isGoingOn(held.alert) || held.alert.seq > seq;
    if (stillTrue) result.set(id, held);
  }
  return merged(result, current, null);
}

function bounded(state: StreamState): StreamState {
  if (state.alerts.size <= MAX_ALERTS) return state;
  const kept = [...state.alerts.entries()]
    .sort(([, a], [, b]) => rank(b.alert) - rank(a.alert) || compareNewestFirst(a.alert, b.alert))
    .slice(0, KEPT_WHEN_FULL);
  return { ...state, alerts: new Map(kept), generation: state.generation + 1 };
}

function rank(alert: Alert): number {
  return isGoingOn(alert) ? 1 : 0;
}

/** Whether the alert still asks for attention. */
export function isGoingOn(alert: Pick<Alert, "status">): boolean {
  return alert.status === "open" || alert.status === "acknowledged";
}

/** The order of REST's pages: latest event first, then by id. */
export function compareNewestFirst(
  a: Pick<Alert, "event_time" | "id">,
  b: Pick<Alert, "event_time" | "id">,
): number {
  if (a.event_time !== b.event_time) return a.event_time < b.event_time ? 1 : -1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
