/** What the server says on the stream, as it arrives, and the check that it is what we expect. */

import type { Alert } from "../api/types.ts";

export type ChangeType = "opened" | "updated" | "acknowledged" | "resolved" | "retracted";

export interface Hello {
  type: "hello";
  epoch: string;
  seq: number;
  heartbeat_s: number;
}
export interface Snapshot {
  type: "snapshot";
  seq: number;
  alerts: Alert[];
  /** A further part of the same snapshot follows. */
  more: boolean;
}
export interface Subscribed {
  type: "subscribed";
  recovered: boolean;
  seq: number;
}
export interface Change {
  type: ChangeType;
  seq: number;
  previous_seq: number;
  alert: Alert;
}
export interface Heartbeat {
  type: "heartbeat";
  /** Null while the server has never reached its database. */
  seq: number | null;
  database: "up" | "down";
}
export interface ServerError {
  type: "error";
  code: string;
  reason: string;
}
export interface Shutdown {
  type: "shutdown";
}
export type ServerMessage =
  | Hello
  | Snapshot
  | Subscribed
  | Change
  | Heartbeat
  | ServerError
  | Shutdown;

const KNOWN = new Set<string>([
  "hello",
  "snapshot",
  "subscribed",
  "opened",
  "updated",
  "acknowledged",
  "resolved",
  "retracted",
  "heartbeat",
  "error",
  "shutdown",
]);

/** One text frame's message; null for a type this page does not know (a newer server). */
export function parseMessage(text: string): ServerMessage | null {
  const message: unknown = JSON.parse(text);
  if (typeof message !== "object" || message === null || !("type" in message)) return null;
  return KNOWN.has(String(message.type)) ? (message as ServerMessage) : null;
}
