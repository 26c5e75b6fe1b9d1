import { useCallback } from "react";
import { fetchAlert, fetchAlerts } from "../api/client.ts";
import type { Alert } from "../api/types.ts";
import { absoluteTime, bothTimes } from "../format/time.ts";
import { patternName } from "../format/words.ts";
import { ScoreMeter, SeverityBadge, StatusTag } from "../shell/badges.tsx";
import { alertHref } from "../shell/router.ts";
import { useNow } from "../shell/useNow.ts";
import { useResource } from "../shell/useResource.ts";
import { membersOf } from "../stream/events.ts";
import { useStream, useStreamClient } from "../stream/hooks.tsx";

/** As many as an event has at most, and then some. */
const MOST = 100;

/** For an alert that is part of another's event: the way to the one that speaks for it. */
export function PartOf({ alert, query }: { alert: Alert; query: URLSearchParams }) {
  const { state } = useStream();
  const id = alert.part_of ?? null;
  const held = id === null ? undefined : state.alerts.get(id)?.alert;
  const read = useCallback((key: string, signal: AbortSignal) => fetchAlert(key, signal), []);
  const { data } = useResource(held === undefined ? id : null, state.generation, read);
  const leader = held ?? data;
  if (id === null) return null;
  return (
    <p className="detail-part">
      Part of{" "}
      <a href={alertHref(id, query)}>
        {leader === null ? "another alert" : `a ${patternName(leader.pattern).toLowerCase()} alert`}
      </a>
      , which speaks for the whole event.
    </p>
  );
}

/** The other alerts of an event, in the order in which they were seen. */
export function EventMembers({ alert, query }: { alert: Alert; query: URLSearchParams }) {
  const now = useNow();
  const client = useStreamClient();
  const { state } = useStream();
  const read = useCallback(
    async (id: string, signal: AbortSignal) => {
      const page = await fetchAlerts({ part_of: id, limit: MOST }, signal);
      // They stay up to date there.
      client.load(page.items);
      return page;
    },
    [client],
  );
  const { error } = useResource(alert.id, `${state.generation}:${alert.seq}`, read);
  const members = membersOf(state.alerts, alert.id);
  if (members.length === 0 && error === null) return null;
  return (
    <section aria-labelledby="event-title">
      <h3 id="event-title">Also part of this event</h3>
      {error !== null && <p className="quiet-text">Perhaps not all. {error.message}</p>}
      <ol className="event-members">
        {members.map((member) => (
          <li key={member.id} data-severity={member.severity}>
            <a href={alertHref(member.id, query)}>
              <SeverityBadge severity={member.severity} />
              <span className="row-pattern">{patternName(member.pattern)}</span>
              <StatusTag status={member.status} />
              <ScoreMeter score={member.score} />
              <time dateTime={member.event_time} title={bothTimes(member.event_time)}>
                {absoluteTime(member.event_time, now)} UTC
              </time>
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}
