import { expect, test, vi } from "vitest";

test("beside UTC stands what the reader's own clock said", async () => {
  vi.stubEnv("TZ", "Asia/Tokyo");
  const { bothTimes, fullTime } = await import("../src/format/time.ts");
  const time = "2026-03-01T18:00:00.125Z";
  expect(bothTimes(time)).toBe(`${fullTime(time)} (here 02 Mar, 03:00:00 GMT+9)`);
  expect(fullTime(time)).toBe("01 Mar 2026, 18:00:00.125 UTC");
});
