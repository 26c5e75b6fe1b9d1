import { useMemo } from "react";
import { plain, SEVERITIES } from "../format/words.ts";
import { useStream } from "../stream/hooks.tsx";
import { isGoingOn } from "../stream/state.ts";
import { EVERYTHING, type Filter } from "./filter.ts";

/** How many alerts are open by severity; each count is a filter. */
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
    for (const { alert } of state.alerts.values()) {
      if (isGoingOn(alert)) result.set(alert.severity, (result.get(alert.severity) ?? 0) + 1);
    }
    return result;
  }, [state.alerts]);

  return (
    <ul className="summary" aria-label="Open alerts by severity">
      {SEVERITIES.map((severity) => {
        const pressed = filter.severity === severity && filter.status === "open";
        const next: Filter = pressed ? EVERYTHING : { ...EVERYTHING, severity, status: "open" };
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
