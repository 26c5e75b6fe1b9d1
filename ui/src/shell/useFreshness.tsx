/** How fresh the data is, read once for the whole page. */

import { createContext, type ReactNode, useContext, useMemo } from "react";
import { fetchTokens } from "../api/client.ts";
import { useStream } from "../stream/hooks.tsx";
import { type Freshness, freshnessOf } from "./freshness.ts";
import { useResource, useTick } from "./useResource.ts";

const REFRESH_MS = 10_000;
/** The most recently active ones come first; of these many some are traded. */
const TOKENS = 50;
const UNKNOWN: Freshness = { newestEvent: null, newestSignal: null };

const Context = createContext<Freshness>(UNKNOWN);

export function FreshnessProvider({ children }: { children: ReactNode }) {
  const { state } = useStream();
  const tick = useTick(REFRESH_MS);
  const { data } = useResource("freshness", `${tick}:${state.generation}`, read);
  const value = useMemo(() => data ?? UNKNOWN, [data]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useFreshness(): Freshness {
  return useContext(Context);
}

async function read(_key: string, signal: AbortSignal): Promise<Freshness> {
  return freshnessOf((await fetchTokens({ limit: TOKENS }, signal)).items);
}
