import { expect, test } from "vitest";
import { alertHref, parseRoute, tokenHref } from "../src/shell/router.ts";

test("the address of a token with slashes and colons comes back whole", () => {
  const token = "eth:0xabc/OAX BTC?#%";
  expect(parseRoute(tokenHref(token))).toMatchObject({ page: "token", token });
});

test("an alert keeps the feed's filters in its address", () => {
  const route = parseRoute(alertHref("a1", new URLSearchParams({ severity: "high" })));
  expect(route).toMatchObject({ page: "alerts", alert: "a1" });
  expect(route.query.get("severity")).toBe("high");
});

test.each([
  ["", "alerts"],
  ["#/", "alerts"],
  ["#/alerts", "alerts"],
  ["#/tokens?q=pe", "tokens"],
  ["#/watch", "watch"],
  ["#/watch/x", "missing"],
  ["#/detectors", "detectors"],
  ["#/detectors/x", "missing"],
  ["#/nowhere", "missing"],
  ["#/tokens/a/b", "missing"],
])("%s is the page %s", (hash, page) => {
  expect(parseRoute(hash).page).toBe(page);
});

test("a broken escape is taken as it is", () => {
  expect(parseRoute("#/tokens/%zz")).toMatchObject({ page: "token", token: "%zz" });
});
