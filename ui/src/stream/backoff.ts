/** How long to wait before connecting again. */

const FIRST_MS = 400;
// A restarted API is back within seconds; a person at the screen should not wait longer than this.
const LONGEST_MS = 10_000;

/**
 * The wait before attempt `attempt` (from 0), in milliseconds; `random` is in 0..1.
 *
 * Half of it is chance, so that many open pages do not all come back in the same moment.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + random / 2));
}
