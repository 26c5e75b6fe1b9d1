import { expect, test } from "vitest";
import type { ServerMessage } from "../src/stream/messages.ts";
import {
  compareNewestFirst,
  initialState,
  MAX_ALERTS,
  reduce,
  type StreamState,
} from "../src/stream/state.ts";
import { alertOf } from "./alerts.ts";

const AT = 1_000;

function receive(state: StreamState, ...messages: ServerMessage[]): StreamState {
  return messages.reduce(
    (last, message) => reduce(last, { type: "received", message, at: AT }),
    state,
  );
}

function hello(epoch: string, seq: number): ServerMessage {
  return { type: "hello", epoch, seq, heartbeat_s: 5 };
}

function snapshot(seq: number, ...alerts: ReturnType<typeof alertOf>[]): ServerMessage {
  return { type: "snapshot", seq, alerts, more: false };
}

function change(seq: number, id: string, previous = seq - 1, fields = {}): ServerMessage {
  const alert = alertOf({ id, seq, ...fields });
  return { type: "updated", seq, previous_seq: previous, alert };
}

function liveAt(seq: number, ...alerts: ReturnType<typeof alertOf>[]): StreamState {
  return receive(initialState, hello("a", seq), snapshot(seq, ...alerts));
}

function reconnected(state: StreamState, epoch: string, seq: number): StreamState {
  return receive(reduce(state, { type: "connected" }), hello(epoch, seq));
}

test("a snapshot after the greeting makes the page live", () => {
  const state = liveAt(7, alertOf({ id: "x", seq: 3 }));
  expect(state.phase).toBe("live");
  expect(state.seq).toBe(7);
  expect([...state.alerts.keys()]).toEqual(["x"]);
  expect(state.generation).toBe(1);
});

test("changes apply in order and are marked as seen happening", () => {
  const state = receive(liveAt(1), change(2, "x"), change(3, "y"), change(4, "x"));
  expect(state.seq).toBe(4);
  expect(state.alerts.get("x")).toEqual({ alert: alertOf({ id: "x", seq: 4 }), changedAt: AT });
  expect(state.alerts.size).toBe(2);
});

test("a change that comes twice counts once", () => {
  const once = receive(liveAt(1), change(2, "x"));
  expect(receive(once, change(2, "x", 1, { score: 0.1 }))).toBe(once);
});

test("a gap between changes breaks the connection and applies nothing", () => {
  const state = receive(liveAt(1), change(3, "x"));
  expect(state.phase).toBe("broken");
  expect(state.seq).toBe(1);
  expect(state.alerts.size).toBe(0);
  expect(receive(state, change(2, "y"))).toBe(state);
});

test("a filtered server's larger steps are no gap", () => {
  expect(receive(liveAt(1), change(9, "x", 1)).seq).toBe(9);
});

test("a heartbeat ahead of us breaks the connection, one that agrees does not", () => {
  const live = liveAt(4);
  const beat = (seq: number): ServerMessage => ({ type: "heartbeat", seq, database: "up" });
  expect(receive(live, beat(4))).toBe(live);
  expect(receive(live, beat(5)).phase).toBe("broken");
});

test("a heartbeat tells that the database is out of reach, and that it is back", () => {
  const down = receive(liveAt(4), { type: "heartbeat", seq: null, database: "down" });
  expect(down.databaseUp).toBe(false);
  expect(down.phase).toBe("live");
  expect(receive(down, { type: "heartbeat", seq: 4, database: "up" }).databaseUp).toBe(true);
});

test("a recovered connection goes on where it was and keeps what it has", () => {
  const before = receive(liveAt(1), change(2, "x"));
  const greeted = reconnected(before, "a", 4);
  expect(greeted.phase).toBe("resuming");
  const state = receive(
    greeted,
    // The server's own greeting still carries a snapshot and changes; they are not the answer.
    snapshot(4, alertOf({ id: "z", seq: 4 })),
    change(5, "q"),
    { type: "subscribed", recovered: true, seq: 4 },
    change(3, "y"),
    change(4, "z"),
    change(5, "q"),
  );
  expect(state.phase).toBe("live");
  expect(state.seq).toBe(5);
  expect([...state.alerts.keys()]).toEqual(["x", "y", "z", "q"]);
  expect(state.generation).toBe(before.generation);
});

test("without recovery the snapshot counts and lists are read again", () => {
  const before = liveAt(2, alertOf({ id: "gone", seq: 1 }), alertOf({ id: "kept", seq: 2 }));
  const state = receive(
    reconnected(before, "a", 90),
    { type: "subscribed", recovered: false, seq: 90 },
    snapshot(90, alertOf({ id: "kept", seq: 80 })),
  );
  expect(state.seq).toBe(90);
  expect([...state.alerts.keys()]).toEqual(["kept"]);
  expect(state.alerts.get("kept")?.alert.seq).toBe(80);
  expect(state.generation).toBe(before.generation + 1);
});

test("what is over stays when a snapshot of what goes on arrives", () => {
  const over = alertOf({ id: "over", seq: 1, status: "resolved" });
  const loaded = reduce(initialState, { type: "loaded", alerts: [over] });
  const state = receive(loaded, hello("a", 5), snapshot(5));
  expect(state.alerts.has("over")).toBe(true);
});

test("another epoch forgets everything of the one before", () => {
  const before = liveAt(50, alertOf({ id: "old", seq: 50, status: "resolved" }));
  const state = receive(reconnected(before, "b", 1), snapshot(1, alertOf({ id: "new", seq: 1 })));
  expect(state.epoch).toBe("b");
  expect(state.seq).toBe(1);
  expect([...state.alerts.keys()]).toEqual(["new"]);
});

test("a server behind us is another history even under the same epoch", () => {
  const state = reconnected(liveAt(50, alertOf({ id: "old", seq: 50 })), "a", 10);
  expect(state.phase).toBe("loading");
  expect(state.alerts.size).toBe(0);
});

test("a snapshot in parts counts once it is whole", () => {
  const greeted = receive(initialState, hello("a", 3));
  const first = receive(greeted, {
    type: "snapshot",
    seq: 3,
    alerts: [alertOf({ id: "x", seq: 1 })],
    more: true,
  });
  expect(first.phase).toBe("loading");
  expect(first.alerts.size).toBe(0);
  expect(receive(first, snapshot(3, alertOf({ id: "y", seq: 3 }))).alerts.size).toBe(2);
});

test("parts of a snapshot do not survive a lost connection", () => {
  const part: ServerMessage = {
    type: "snapshot",
    seq: 3,
    alerts: [alertOf({ id: "x", seq: 1 })],
    more: true,
  };
  const state = receive(
    reduce(receive(initialState, hello("a", 3), part), { type: "connected" }),
    hello("b", 1),
    snapshot(1),
  );
  expect(state.alerts.size).toBe(0);
});

test("an answer of REST never replaces what the stream knows better", () => {
  const live = receive(liveAt(1), change(2, "x", 1, { score: 0.9 }));
  const stale = alertOf({ id: "x", seq: 1, score: 0.1 });
  const state = reduce(live, { type: "loaded", alerts: [stale, alertOf({ id: "y", seq: 1 })] });
  expect(state.alerts.get("x")?.alert.score).toBe(0.9);
  expect(state.alerts.get("y")?.changedAt).toBeNull();
  expect(state.seq).toBe(2);
});

test("a full house lets the oldest that are over go first and asks to read again", () => {
  const open = alertOf({ id: "open", seq: 1, event_time: "2020-01-01T00:00:00.000Z" });
  const over = Array.from({ length: MAX_ALERTS }, (_, n) =>
    alertOf({ id: `r${n}`, seq: n + 2, status: "resolved", event_time: new Date(n).toISOString() }),
  );
  const state = reduce(liveAt(0, open), { type: "loaded", alerts: over });
  expect(state.alerts.size).toBeLessThan(MAX_ALERTS);
  expect(state.alerts.has("open")).toBe(true);
  expect(state.alerts.has(`r${MAX_ALERTS - 1}`)).toBe(true);
  expect(state.alerts.has("r0")).toBe(false);
  expect(state.generation).toBe(2);
});

test("the order is that of REST: latest event first, then by id", () => {
  const early = { id: "a", event_time: "2026-01-01T00:00:00.000Z" };
  const late = { id: "c", event_time: "2026-01-02T00:00:00.000Z" };
  const twin = { id: "b", event_time: late.event_time };
  expect([early, late, twin].toSorted(compareNewestFirst)).toEqual([twin, late, early]);
});
