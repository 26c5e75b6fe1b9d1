/** Between what a person types and what the API calls an entry of the watch list. */

import type { WatchEntry, WatchKind, WatchSubject } from "../api/types.ts";

interface KindWords {
  readonly kind: WatchKind;
  readonly label: string;
  readonly placeholder: string;
}

/** In the order they are offered. */
export const KINDS: readonly KindWords[] = [
  { kind: "token", label: "Token", placeholder: "PEPE, or ethereum:0x…" },
  { kind: "account", label: "Account", placeholder: "twitter:elonmusk" },
  { kind: "keyword", label: "Keyword", placeholder: "dog with hat" },
  { kind: "pool", label: "Pool", placeholder: "ethereum:0x…" },
];

/** What stands before the colon; keywords have no such part. */
const PLACE: Readonly<Record<WatchKind, "chain" | "source" | null>> = {
  token: "chain",
  account: "source",
  keyword: null,
  pool: "chain",
};

/** `ethereum:0x…` is an address on a chain, `twitter:name` an account, anything else a value. */
export function subjectOf(kind: WatchKind, text: string): WatchSubject {
  const place = PLACE[kind];
  const colon = text.indexOf(":");
  if (place === null || colon < 0) return { kind, value: text.trim() };
  const value = text.slice(colon + 1).trim();
  return { kind, value, [place]: text.slice(0, colon).trim() };
}

/** What names the entry, and nothing else of it. */
export function identityOf({ kind, value, source, chain }: WatchEntry): WatchSubject {
  return {
    kind,
    value,
    ...(source === null ? {} : { source }),
    ...(chain === null ? {} : { chain }),
  };
}

/** The API's reason without the place in the request: a person typed one thing only. */
export function reasonOf(message: string): string {
  return message.replace(/^items\.0\./, "");
}

/** One text for one entry: no two entries of the list share it. */
export function keyOf({ kind, value, source, chain }: WatchEntry): string {
  return JSON.stringify([kind, source ?? chain, value]);
}
