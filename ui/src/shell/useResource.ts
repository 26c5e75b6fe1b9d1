/** Read something from REST and keep showing the last answer while a newer one is on its way. */

import { useEffect, useState } from "react";
import { ApiError } from "../api/client.ts";

export interface Resource<T> {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly loading: boolean;
}

interface Answer<T> extends Resource<T> {
  readonly key: string;
}

/**
 * `key` names what is read: another key forgets the old answer. `version` asks for the same thing
 * again: the old answer stays until the new one is here. A null key reads nothing.
 */
export function useResource<T>(
  key: string | null,
  version: number | string,
  read: (key: string, signal: AbortSignal) => Promise<T>,
): Resource<T> {
  const [answer, setAnswer] = useState<Answer<T> | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` asks to read again
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    read(key, abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setAnswer({ key, data, error: null, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem =
          error instanceof ApiError ? error : new ApiError(0, "The answer could not be read.");
        setAnswer((last) => ({
          key,
          data: last?.key === key ? last.data : null,
          error: problem,
          loading: false,
        }));
      },
    );
    return () => abort.abort();
  }, [key, version, read]);

  if (answer === null || answer.key !== key) {
    return { data: null, error: null, loading: key !== null };
  }
  return answer;
}

/** A number that grows every `everyMs` while the page is in sight. */
export function useTick(everyMs: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setTick((last) => last + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return tick;
}
