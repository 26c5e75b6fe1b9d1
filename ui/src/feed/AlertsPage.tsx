import { useMemo } from "react";
import { AlertDetail } from "../detail/AlertDetail.tsx";
import { FloorWarning } from "../detectors/FloorWarning.tsx";
import { alertHref, alertsHref, navigate } from "../shell/router.ts";
import { FeedList } from "./FeedList.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { type Filter, readFilter, writeFilter } from "./filter.ts";
import { Summary } from "./Summary.tsx";
import { useFeed } from "./useFeed.ts";
import { useKeys } from "./useKeys.ts";

/** The live feed; beside it (on a phone: instead of it) the selected alert. */
export function AlertsPage({
  selected,
  query,
}: {
  selected: string | null;
  query: URLSearchParams;
}) {
  const text = query.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(text)), [text]);
  const feed = useFeed(filter);
  useKeys(feed.rows, selected, query);
  // Who changes a filter keeps what they are reading.
  const change = (next: Filter) => {
    const changed = writeFilter(next);
    const href = selected === null ? alertsHref(changed) : alertHref(selected, changed);
    navigate(href, { replace: true });
  };

  return (
    <div className="alerts-page" data-selected={selected !== null}>
      <h1 id="feed-title" className="visually-hidden">
        Alerts
      </h1>
      <section className="feed" aria-labelledby="feed-title">
        <FloorWarning />
        <Summary filter={filter} onChange={change} />
        <FilterBar filter={filter} onChange={change} />
        <FeedList feed={feed} filter={filter} selected={selected} onFilter={change} />
      </section>
      {selected !== null && <AlertDetail key={selected} id={selected} query={query} />}
    </div>
  );
}
