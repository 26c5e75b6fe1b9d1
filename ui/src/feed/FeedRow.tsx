import { memo } from "react";
import { absoluteTime, bothTimes, relativeTime } from "../format/time.ts";
import { patternName, plain } from "../format/words.ts";
import { RiskShare, ScoreMeter, SeverityBadge, StatusTag } from "../shell/badges.tsx";
import type { Held } from "../stream/state.ts";

/** For this long a change is marked, so that the eye finds it. */
const FRESH_MS = 4_000;

interface Props {
  held: Held;
  /** How many others of its event have no row of their own, and their names. */
  others: number;
  othersNames: string;
  /** `Part of …`, or empty. */
  partOf: string;
  href: string;
  now: number;
  top: number;
  position: number;
  /** All rows there are, or −1 when that is not known. */
  count: number;
  selected: boolean;
}

/** One alert: what, which token, how sure, since when, and the one sentence that says why. */
export const FeedRow = memo(function FeedRow(props: Props) {
  const { held, others, othersNames, partOf, href, now, top, position, count, selected } = props;
  const { alert, changedAt } = held;
  const fresh = changedAt !== null && now - changedAt < FRESH_MS;
  return (
    <li
      className="row"
      data-severity={alert.severity}
      data-over={alert.status === "resolved" || alert.status === "retracted"}
      data-alert={alert.id}
      style={{ transform: `translateY(${top}px)` }}
      aria-posinset={position}
      aria-setsize={count}
    >
      <a className="row-link row-cells" href={href} aria-current={selected ? "true" : undefined}>
        {fresh && <span key={alert.seq} className="row-flash" aria-hidden="true" />}
        <SeverityBadge severity={alert.severity} />
        <span className="row-symbol" title={alert.token}>
          {alert.symbol}
        </span>
        <span className="row-pattern">
          <span>{patternName(alert.pattern)}</span>
          {others > 0 && (
            <span className="row-others" title={`Also part of this event: ${othersNames}`}>
              +{others}
              <span className="visually-hidden"> of the same event: {othersNames}</span>
            </span>
          )}
        </span>
        <span className="row-phase">{plain(alert.phase)}</span>
        <StatusTag status={alert.status} />
        <ScoreMeter score={alert.score} />
        <RiskShare alert={alert} />
        <time className="row-time" dateTime={alert.event_time} title={bothTimes(alert.event_time)}>
          <span>{relativeTime(alert.event_time, now)}</span>
          <small className="row-clock">{absoluteTime(alert.event_time, now)} UTC</small>
        </time>
        <span className="row-explanation" title={alert.explanation}>
          {partOf !== "" && <b className="row-part">{partOf} · </b>}
          {alert.explanation}
        </span>
      </a>
    </li>
  );
});
