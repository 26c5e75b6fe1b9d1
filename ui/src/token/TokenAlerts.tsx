import { useState } from "react";
import type { Alert } from "../api/types.ts";
import { absoluteTime, bothTimes, relativeTime } from "../format/time.ts";
import { patternName, plain } from "../format/words.ts";
import { RiskShare, ScoreMeter, SeverityBadge, StatusTag } from "../shell/badges.tsx";
import { Empty } from "../shell/Empty.tsx";
import { alertHref } from "../shell/router.ts";
import { useNow } from "../shell/useNow.ts";

const SHOWN_AT_FIRST = 20;

/** The token's alerts, newest first. */
export function TokenAlerts({
  alerts,
  selected,
}: {
  alerts: readonly Alert[];
  selected: string | null;
}) {
  const now = useNow();
  const [all, setAll] = useState(false);
  if (alerts.length === 0) {
    return <Empty title="No alerts for this token">Nothing suspicious was seen so far.</Empty>;
  }
  const shown = all ? alerts : alerts.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <ol className="token-alerts">
        {shown.map((alert) => (
          <li key={alert.id} data-severity={alert.severity} data-selected={alert.id === selected}>
            <a className="row-link row-cells" href={alertHref(alert.id)}>
              <SeverityBadge severity={alert.severity} />
              <span className="row-pattern">{patternName(alert.pattern)}</span>
              <span className="row-phase">{plain(alert.phase)}</span>
              <StatusTag status={alert.status} />
              <ScoreMeter score={alert.score} />
              <RiskShare alert={alert} />
              <time
                className="row-time"
                dateTime={alert.event_time}
                title={bothTimes(alert.event_time)}
              >
                <span>{relativeTime(alert.event_time, now)}</span>
                <small className="row-clock">{absoluteTime(alert.event_time, now)} UTC</small>
              </time>
              <span className="row-explanation" title={alert.explanation}>
                {alert.explanation}
              </span>
            </a>
          </li>
        ))}
      </ol>
      {shown.length < alerts.length && (
        <button type="button" className="quiet" onClick={() => setAll(true)}>
          Show all {alerts.length}
        </button>
      )}
    </>
  );
}
