import { useCallback, useState } from "react";
import { ApiError, addWatched, fetchWatchList, removeWatched } from "../api/client.ts";
import type { WatchEntry, WatchListPage, WatchSubject } from "../api/types.ts";
import { bothTimes, relativeTime } from "../format/time.ts";
import { Empty } from "../shell/Empty.tsx";
import { type Column, Table, TableFrame } from "../shell/Table.tsx";
import { useNow } from "../shell/useNow.ts";
import { useResource, useTick } from "../shell/useResource.ts";
import { identityOf, KINDS, keyOf } from "./entries.ts";
import { WatchForm } from "./WatchForm.tsx";

const REFRESH_MS = 10_000;

/** What the live sources follow: see it, add to it, remove from it. */
export function WatchPage() {
  const [pages, setPages] = useState(1);
  const [changes, setChanges] = useState(0);
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const tick = useTick(REFRESH_MS);
  const read = useCallback((_: string, signal: AbortSignal) => readPages(pages, signal), [pages]);
  const list = useResource("watch-list", `${tick}:${changes}`, read);

  const change = async (work: Promise<void>): Promise<ApiError | null> => {
    const error = await work.then(() => null, asApiError);
    setChanges((last) => last + 1);
    return error;
  };
  const add = (subject: WatchSubject) => {
    setRefusal(null);
    return change(addWatched(subject));
  };
  const remove = async (entry: WatchEntry) => {
    const error = await change(removeWatched(identityOf(entry)));
    // Somebody else was faster: it is gone, which is what was wanted.
    setRefusal(error?.status === 404 ? null : error);
  };

  return (
    <section className="watch-page" aria-labelledby="watch-title">
      <header className="watch-head">
        <h1 id="watch-title">Watch list</h1>
        <WatchForm onAdd={add} />
      </header>
      {refusal !== null && (
        <p className="inline-error" role="alert">
          {refusal.message}
        </p>
      )}
      {list.error !== null && <p className="inline-error">{list.error.message}</p>}
      {list.data === null && list.loading && <div className="feed-loading" aria-busy="true" />}
      {list.data !== null && list.data.items.length > 0 && (
        <>
          <WatchTable entries={list.data.items} onRemove={remove} />
          {list.data.next_cursor !== null && (
            <button type="button" onClick={() => setPages(pages + 1)}>
              Show more
            </button>
          )}
        </>
      )}
      {list.data?.items.length === 0 && (
        <Empty title="Nothing is watched yet">
          Add a token, an account, a keyword or a pool: live sources follow it from then on.
        </Empty>
      )}
    </section>
  );
}

/** The first `count` pages, so that a refresh shows as much as before. */
async function readPages(count: number, signal: AbortSignal): Promise<WatchListPage> {
  const items: WatchEntry[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < count; page += 1) {
    const answer: WatchListPage = await fetchWatchList({ cursor }, signal);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return { items, next_cursor: cursor };
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "The answer could not be read.");
}

function WatchTable({
  entries,
  onRemove,
}: {
  entries: readonly WatchEntry[];
  onRemove: (entry: WatchEntry) => void;
}) {
  const now = useNow();
  const columns: readonly Column<WatchEntry>[] = [
    ...COLUMNS,
    {
      title: "Added",
      isNumber: true,
      cell: ({ added_at: time }) => (
        <time dateTime={time} title={bothTimes(time)}>
          {relativeTime(time, now)}
        </time>
      ),
    },
    {
      title: "Remove",
      isUntitled: true,
      isNumber: true,
      cell: (entry) => (
        <button
          type="button"
          className="quiet"
          aria-label={`Remove ${entry.symbol ?? entry.value}`}
          onClick={() => onRemove(entry)}
        >
          Remove
        </button>
      ),
    },
  ];
  return (
    <TableFrame label="What is watched">
      <Table className="watched" columns={columns} rows={entries} keyOf={keyOf} />
    </TableFrame>
  );
}

const COLUMNS: readonly Column<WatchEntry>[] = [
  {
    title: "What",
    isName: true,
    cell: ({ symbol, value }) => (
      <>
        {symbol ?? value}
        {symbol !== null && symbol !== value && <small>{value}</small>}
      </>
    ),
  },
  { title: "Kind", cell: (entry) => KINDS.find(({ kind }) => kind === entry.kind)?.label },
  { title: "Where", cell: (entry) => entry.source ?? entry.chain ?? "everywhere" },
  { title: "Note", className: "note", cell: (entry) => entry.note },
];
