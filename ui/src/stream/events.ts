/** Alerts that are one event: which of them speaks for which. Pure. */

import type { Alert } from "../api/types.ts";
import { type Alerts, isGoingOn } from "./state.ts";

/**
 * The alert that speaks for this one: of those it is part of, directly or by way of others, the
 * last that may. Null when it speaks for itself.
 *
 * There are chains because an alert that has ended keeps the leader it had, also when that one
 * became part of another. In a circle, as half of an update may look, everybody speaks for itself.
 */
export function speakerOf(
  alerts: Alerts,
  alert: Alert,
  maySpeak: (candidate: Alert) => boolean,
): Alert | null {
  const passed = new Set([alert.id]);
  let speaker: Alert | null = null;
  let next = alert.part_of ?? null;
  while (next !== null) {
    if (passed.has(next)) return null;
    passed.add(next);
    const candidate: Alert | undefined = alerts.get(next)?.alert;
    if (candidate === undefined) break;
    if (maySpeak(candidate)) speaker = candidate;
    next = candidate.part_of ?? null;
  }
  return speaker;
}

/** Whether it belongs to another alert's event. Alerts of an older release do not say. */
export function isPart(alert: Alert): boolean {
  return (alert.part_of ?? null) !== null;
}

/** The alert at the head of this one's event, as far as it is known. */
export function leaderOf(alerts: Alerts, alert: Alert): Alert | null {
  return speakerOf(alerts, alert, () => true);
}

/** What is part of the alert, directly or by way of others, in the order in which it was seen. */
export function membersOf(alerts: Alerts, id: string): Alert[] {
  const members: Alert[] = [];
  for (const { alert } of alerts.values()) {
    if (!isPart(alert)) continue;
    if (speakerOf(alerts, alert, (candidate) => candidate.id === id) !== null) members.push(alert);
  }
  return members.sort(compareOldestFirst);
}

/** What asks for attention. */
export function alertsGoingOn(alerts: Alerts): Alert[] {
  const result: Alert[] = [];
  for (const { alert } of alerts.values()) if (isGoingOn(alert)) result.push(alert);
  return result;
}

/** The same, one alert an event. */
export function eventsGoingOn(alerts: Alerts): Alert[] {
  return alertsGoingOn(alerts).filter((alert) => speakerOf(alerts, alert, isGoingOn) === null);
}

export function compareOldestFirst(a: Alert, b: Alert): number {
  if (a.event_time !== b.event_time) return a.event_time < b.event_time ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
