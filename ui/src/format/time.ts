/** Times for readers: UTC, absolute and relative; the reader's own zone only beside it. */

const DAY_MS = 86_400_000;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});
const day = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  timeZone: "UTC",
});
const dayAndYear = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** In the reader's time zone, by its name. */
const ownClock = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** `14:03:22` today, `17 Aug 14:03:22` within half a year, else with the year. */
export function absoluteTime(time: string | number, now: number): string {
  const moment = new Date(time);
  const age = Math.abs(now - moment.getTime());
  const sameDay = Math.floor(now / DAY_MS) === Math.floor(moment.getTime() / DAY_MS);
  if (sameDay) return clock.format(moment);
  const date = age < 180 * DAY_MS ? day.format(moment) : dayAndYear.format(moment);
  return `${date} ${clock.format(moment)}`;
}

/** `17 Aug 2018, 16:00:00.125 UTC`: nothing left out. */
export function fullTime(time: string): string {
  const moment = new Date(time);
  const milliseconds = String(moment.getUTCMilliseconds()).padStart(3, "0");
  return `${dayAndYear.format(moment)}, ${clock.format(moment)}.${milliseconds} UTC`;
}

/** The same, and what the reader's own clock said then. */
export function bothTimes(time: string): string {
  const moment = new Date(time);
  return moment.getTimezoneOffset() === 0
    ? fullTime(time)
    : `${fullTime(time)} (here ${ownClock.format(moment)})`;
}

/** `now`, `42 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, `8 y ago`; `in …` for the future. */
export function relativeTime(time: string | number, now: number): string {
  const difference = now - new Date(time).getTime();
  const size = Math.abs(difference);
  if (size < 2_000) return "now";
  return difference > 0 ? `${duration(size)} ago` : `in ${duration(size)}`;
}

/** A length of time in its largest unit, rounded down. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  if (seconds < 63_072_000) return `${Math.floor(seconds / 86_400)} d`;
  return `${Math.floor(seconds / 31_536_000)} y`;
}
