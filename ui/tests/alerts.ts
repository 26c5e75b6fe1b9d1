/** Alerts for tests: valid ones, of which each test says only what it is about. */

import type { Alert } from "../src/api/types.ts";

export function alertOf(fields: Partial<Alert> & Pick<Alert, "id" | "seq">): Alert {
  return {
    revision: 1,
    token: "PEPE",
    symbol: "PEPE",
    pattern: "pump_and_dump",
    phase: "pump",
    severity: "high",
    score: 0.8,
    status: "open",
    event_time: "2026-03-01T12:00:00.000Z",
    onset_estimate: "2026-03-01T11:59:00.000Z",
    ended_at: null,
    detected_at: "2026-03-01T12:00:00.100Z",
    explanation: "PEPE trades at nine times its usual volume.",
    evidence: [],
    inputs: [],
    detector_version: "1",
    impact: 0.4,
    part_of: null,
    schema_version: 1,
    created_at: "2026-03-01T12:00:00.200Z",
    updated_at: "2026-03-01T12:00:00.200Z",
    ...fields,
  };
}
