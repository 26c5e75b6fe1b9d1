/** The stream in React: one client for the whole page. */

import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import type { StreamClient, StreamView } from "./client.ts";

const Context = createContext<StreamClient | null>(null);

export function StreamProvider({
  client,
  children,
}: {
  client: StreamClient;
  children: ReactNode;
}) {
  return <Context value={client}>{children}</Context>;
}

export function useStreamClient(): StreamClient {
  const client = useContext(Context);
  if (client === null) throw new Error("useStreamClient needs a StreamProvider above it");
  return client;
}

export function useStream(): StreamView {
  const client = useStreamClient();
  return useSyncExternalStore(client.subscribe, client.getView);
}
