import { useMemo } from "react";
import { plain, SEVERITIES } from "../format/words.ts";
import { alertsGoingOn, eventsGoingOn } from "../stream/events.ts";
import { useStream } from "../stream/hooks.tsx";
import { cleared, type Filter } from "./filter.ts";

/** How many rows are open by severity; each count is a filter. */
export function Summary({
  filter,
  onChange,
}: {
  filter: Filter;
  onChange: (filter: Filter) => void;
}) {
  const { state } = useStream();
  const counts = useMemo(() => {
    const result = new Map<string, number>();
    const goingOn = filter.all ? alertsGoingOn(state.alerts) : eventsGoingOn(state.alerts);
    for (const { severity } of goingOn) {
      result.set(severity, (result.get(severity) ?? 0) + 1);
    }
    return result;
  }, [state.alerts, filter.all]);

  return (
    <ul className="summary" aria-label="Open alerts by severity">
      {SEVERITIES.map((severity) => {
        const pressed = filter.severity === severity && filter.status === "open";
        const everything = cleared(filter);
        const next: Filter = pressed ? everything : { ...everything, severity, status: "open" };
        return (
          <li key={severity}>
            <button
              type="button"
              data-severity={severity}
              aria-pressed={pressed}
              onClick={() => onChange(next)}
            >
              <b>{counts.get(severity) ?? 0}</b>
              <span>{plain(severity)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
