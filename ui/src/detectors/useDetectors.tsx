/** The detectors' live precision, read once for the whole page. */

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { type ApiError, fetchDetectors } from "../api/client.ts";
import type { Detector, DetectorPage } from "../api/types.ts";
import { useResource, useTick } from "../shell/useResource.ts";
import { useStream } from "../stream/hooks.tsx";

const REFRESH_MS = 30_000;
/** By then what a user just said has gone through the log into the table. */
const STORED_AFTER_MS = 1_000;

interface Detectors {
  readonly detectors: readonly Detector[];
  readonly error: ApiError | null;
  readonly loading: boolean;
  /** Something was judged: read again as soon as it is stored. */
  readonly judged: () => void;
}

const Context = createContext<Detectors | null>(null);

export function DetectorsProvider({ children }: { children: ReactNode }) {
  const { state } = useStream();
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_MS);
  const read = useCallback(
    (_: string, signal: AbortSignal): Promise<DetectorPage> => fetchDetectors(signal),
    [],
  );
  const list = useResource("detectors", `${tick}:${changes}:${state.generation}`, read);
  const judged = useCallback(() => {
    setTimeout(() => setChanges((last) => last + 1), STORED_AFTER_MS);
  }, []);
  const value = useMemo(
    () => ({
      detectors: list.data?.items ?? [],
      error: list.error,
      loading: list.data === null && list.loading,
      judged,
    }),
    [list, judged],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useDetectors(): Detectors {
  const detectors = useContext(Context);
  if (detectors === null) throw new Error("there is no DetectorsProvider");
  return detectors;
}
