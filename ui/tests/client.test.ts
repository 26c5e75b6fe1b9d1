import { afterEach, expect, test, vi } from "vitest";
import { StreamClient, type StreamView } from "../src/stream/client.ts";
import { alertOf } from "./alerts.ts";
import { type ScriptedServer, scriptedServer, type Visit } from "./server.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function open(
  server: ScriptedServer,
  token: string | null = null,
  onSignedOut: () => void = () => undefined,
): StreamClient {
  const client = new StreamClient({ url: server.url, token: () => token, onSignedOut });
  cleanups.push(
    () => client.stop(),
    () => server.close(),
  );
  client.start();
  return client;
}

function until(client: StreamClient, condition: (view: StreamView) => boolean): Promise<void> {
  return vi.waitUntil(() => condition(client.getView()), { timeout: 8_000, interval: 5 }).then();
}

function greet(visit: Visit, seq: number, heartbeatSeconds = 30): void {
  visit.say({ type: "hello", epoch: "a", seq, heartbeat_s: heartbeatSeconds });
  visit.say({ type: "snapshot", seq, alerts: [], more: false });
}

function change(visit: Visit, seq: number, previous = seq - 1): void {
  const alert = alertOf({ id: `alert-${seq}`, seq });
  visit.say({ type: "opened", seq, previous_seq: previous, alert });
}

/** Answers `subscribe` as the API does: from the seq the client names up to `head`. */
function resumeTo(head: number) {
  return (visit: Visit, word: Record<string, unknown>) => {
    if (word["type"] !== "subscribe") return;
    visit.say({ type: "subscribed", recovered: true, seq: head, oldest_seq: 0 });
    for (let seq = Number(word["seq"]) + 1; seq <= head; seq += 1) change(visit, seq);
  };
}

test("a lost connection comes back by itself and brings what was missed, each once", async () => {
  const server = await scriptedServer((visit, number) => {
    greet(visit, number === 1 ? 0 : 5);
    if (number > 1) return;
    change(visit, 1);
    change(visit, 2);
    setTimeout(() => visit.socket.close(1012), 50);
  }, resumeTo(5));
  const client = open(server);
  const seen: string[] = [];
  client.subscribe(() => {
    const { connection } = client.getView();
    if (seen.at(-1) !== connection) seen.push(connection);
  });
  await until(client, ({ state, connection }) => state.seq === 5 && connection === "live");
  expect(server.visits[1]?.heard).toEqual([{ type: "subscribe", epoch: "a", seq: 2 }]);
  expect([...client.getView().state.alerts.keys()]).toEqual(
    [1, 2, 3, 4, 5].map((n) => `alert-${n}`),
  );
  expect(seen).toEqual(["connecting", "live", "disconnected", "live"]);
});

test("a gap makes the client ask again from the last change it holds", async () => {
  const server = await scriptedServer((visit, number) => {
    greet(visit, number === 1 ? 0 : 3);
    if (number > 1) return;
    change(visit, 1);
    change(visit, 3);
  }, resumeTo(3));
  const client = open(server);
  await until(client, ({ state }) => state.seq === 3);
  expect(server.visits[1]?.heard).toEqual([{ type: "subscribe", epoch: "a", seq: 1 }]);
  expect(client.getView().state.alerts.size).toBe(3);
});

test("a server that falls silent is called stale, then left for a new connection", async () => {
  const server = await scriptedServer(
    (visit, number) => greet(visit, 0, number === 1 ? 0.6 : 30),
    resumeTo(0),
  );
  const client = open(server);
  const seen = new Set<string>();
  client.subscribe(() => seen.add(client.getView().connection));
  await until(client, () => server.visits.length === 2);
  await until(client, ({ connection }) => connection === "live");
  expect(seen).toContain("stale");
});

test("a burst is applied whole with few notifications", async () => {
  const server = await scriptedServer((visit) => {
    greet(visit, 0);
    for (let seq = 1; seq <= 2_000; seq += 1) change(visit, seq);
  });
  const client = open(server);
  let notifications = 0;
  client.subscribe(() => {
    notifications += 1;
  });
  await until(client, ({ state }) => state.seq === 2_000);
  expect(client.getView().state.alerts.size).toBe(2_000);
  expect(notifications).toBeLessThan(400);
});

test("the token is the first word, and a refusal signs out instead of trying for ever", async () => {
  const server = await scriptedServer(
    () => undefined,
    (visit) => visit.socket.close(4401),
  );
  const signedOut = vi.fn();
  const client = open(server, "secret", signedOut);
  await until(client, ({ connection }) => connection === "signed-out");
  expect(server.visits[0]?.heard).toEqual([{ type: "authenticate", token: "secret" }]);
  expect(signedOut).toHaveBeenCalledTimes(1);
  expect(client.getView().retryAt).toBeNull();
});

test("a refused resumption begins anew rather than repeating itself", async () => {
  const server = await scriptedServer(
    (visit, number) => {
      greet(visit, 1);
      if (number === 1) setTimeout(() => visit.socket.close(1012), 20);
    },
    (visit) => visit.socket.close(4400),
  );
  const client = open(server);
  await until(client, ({ connection }) => server.visits.length === 3 && connection === "live");
  expect(server.visits[2]?.heard).toEqual([]);
  expect(client.getView().state.generation).toBe(2);
});

test("messages of a kind this page does not know are passed over", async () => {
  const server = await scriptedServer((visit) => {
    visit.say({ type: "news", of: "tomorrow" });
    greet(visit, 0);
    change(visit, 1);
  });
  const client = open(server);
  await until(client, ({ state }) => state.seq === 1);
  expect(client.getView().connection).toBe("live");
});
