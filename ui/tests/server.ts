/** A real websocket server whose every word the test decides. */

import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface Visit {
  readonly socket: WebSocket;
  /** What the client said on this connection so far. */
  readonly heard: Record<string, unknown>[];
  readonly say: (message: object) => void;
}

export interface ScriptedServer {
  readonly url: string;
  readonly visits: Visit[];
  readonly close: () => void;
}

/** `onVisit` is called for each connection, `onWord` for each message of a client. */
export async function scriptedServer(
  onVisit: (visit: Visit, number: number) => void,
  onWord: (visit: Visit, word: Record<string, unknown>, number: number) => void = () => undefined,
): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const visits: Visit[] = [];
  server.on("connection", (socket) => {
    const heard: Record<string, unknown>[] = [];
    const visit = { socket, heard, say: (message: object) => socket.send(JSON.stringify(message)) };
    const number = visits.push(visit);
    socket.on("message", (data) => {
      const word = JSON.parse(String(data)) as Record<string, unknown>;
      heard.push(word);
      onWord(visit, word, number);
    });
    onVisit(visit, number);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
