/**
 * Keeps one websocket to `/api/v1/stream` alive and feeds what arrives to the reducer.
 *
 * It is an external store: `subscribe` and `getView` are what `useSyncExternalStore` wants. What
 * arrives together is applied together, so a burst of thousands of changes is a few renders.
 */

import type { Alert } from "../api/types.ts";
import { backoffMs } from "./backoff.ts";
import { parseMessage, type ServerMessage } from "./messages.ts";
import { initialState, reduce, type StreamState } from "./state.ts";

/** `stale`: the socket is open, but the server's heartbeat is overdue. */
export type Connection = "connecting" | "live" | "stale" | "disconnected" | "signed-out";

export interface StreamView {
  readonly state: StreamState;
  readonly connection: Connection;
  /** When the next attempt is due (ms since the epoch), while disconnected. */
  readonly retryAt: number | null;
  /** The last moment at which the page was known to be complete. */
  readonly liveUntil: number | null;
}

export interface StreamOptions {
  url: string;
  /** Read at every attempt; null when the API wants none. */
  token: () => string | null;
  onSignedOut: () => void;
}

/** Silence of this many heartbeats is worth a word; of this many, a new connection. */
const STALE_HEARTBEATS = 1.6;
const DEAD_HEARTBEATS = 2.5;
const WATCH_EVERY_MS = 500;
/** A connection that has not greeted by then never will. */
const GREETING_TIMEOUT_MS = 10_000;
const BATCH_MS = 16;

const NOT_AUTHENTICATED = 4401;
const MALFORMED = 4400;

export class StreamClient {
  private readonly options: StreamOptions;
  private readonly listeners = new Set<() => void>();
  private view: StreamView = {
    state: initialState,
    connection: "connecting",
    retryAt: null,
    liveUntil: null,
  };
  private socket: WebSocket | null = null;
  private attempt = 0;
  private lastHeardAt = 0;
  private queue: ServerMessage[] = [];
  private flushedAt = 0;
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private watchTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getView = (): StreamView => this.view;

  start(): void {
    this.watchTimer ??= setInterval(() => this.watch(), WATCH_EVERY_MS);
    this.connect();
  }

  stop(): void {
    clearInterval(this.watchTimer);
    this.watchTimer = undefined;
    clearTimeout(this.retryTimer);
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    this.drop();
  }

  /** Connect at once: the reader asked for it, signed in, or the network came back. */
  readonly retryNow = (): void => {
    if (this.socket !== null || this.watchTimer === undefined) return;
    this.attempt = 0;
    this.connect();
  };

  /** Merge alerts that REST returned; whatever the stream knows better stays. */
  readonly load = (alerts: readonly Alert[]): void => {
    this.update({ state: reduce(this.view.state, { type: "loaded", alerts }) });
  };

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    this.lastHeardAt = Date.now();
    this.update({
      state: reduce(this.view.state, { type: "connected" }),
      retryAt: null,
      connection: this.view.connection === "connecting" ? "connecting" : "disconnected",
    });
    socket.onopen = () => {
      const token = this.options.token();
      if (token !== null) this.send({ type: "authenticate", token });
    };
    socket.onmessage = (event) => this.hear(String(event.data));
    socket.onclose = (event) => this.lost(event.code);
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private hear(text: string): void {
    this.lastHeardAt = Date.now();
    const message = parseMessage(text);
    if (message === null) return;
    this.queue.push(message);
    // The first of a burst is shown at once; background tabs have slow timers, so this matters.
    if (this.lastHeardAt - this.flushedAt >= BATCH_MS) this.flush();
    else this.flushTimer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    const at = Date.now();
    this.flushedAt = at;
    let state = this.view.state;
    for (const message of this.queue.splice(0)) {
      const before = state.phase;
      state = reduce(state, { type: "received", message, at });
      if (message.type === "hello" && before === "greeting" && state.phase === "resuming") {
        this.send({ type: "subscribe", epoch: state.epoch, seq: state.seq });
      }
    }
    if (state.phase === "broken") {
      // A change got lost on the way: ask again from the last one we hold.
      this.update({ state });
      this.reconnect();
    } else if (state.phase === "live") {
      this.attempt = 0;
      this.update({ state, connection: "live", liveUntil: at });
    } else {
      this.update({ state });
    }
  }

  private watch(): void {
    if (this.socket === null) return;
    const silence = Date.now() - this.lastHeardAt;
    const { state, connection } = this.view;
    const limit =
      state.phase === "greeting" ? GREETING_TIMEOUT_MS : DEAD_HEARTBEATS * state.heartbeatMs;
    if (silence > limit) this.reconnect();
    else if (connection === "live" && silence > STALE_HEARTBEATS * state.heartbeatMs) {
      this.update({ connection: "stale" });
    }
  }

  private lost(code: number): void {
    this.flush();
    if (this.socket === null) return;
    if (code === NOT_AUTHENTICATED) {
      this.drop();
      this.update({ connection: "signed-out", retryAt: null });
      this.options.onSignedOut();
    } else {
      // What we sent to resume was refused: begin anew rather than repeat it for ever.
      if (code === MALFORMED) this.update({ state: { ...this.view.state, epoch: null } });
      this.reconnect();
    }
  }

  private reconnect(): void {
    this.drop();
    clearTimeout(this.retryTimer);
    const wait = backoffMs(this.attempt, Math.random());
    this.attempt += 1;
    this.retryTimer = setTimeout(() => this.connect(), wait);
    this.update({ connection: "disconnected", retryAt: Date.now() + wait });
  }

  /** Let go of the socket; nothing of it is heard any more. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.queue = [];
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private update(change: Partial<StreamView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}
