// axe-core in the page under test.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe-core finds wrong, one line each: the rule, what it wants, and the first elements. */
export async function accessibilityProblems(page) {
  // Evaluated from outside: the page's policy lets nothing be loaded into it.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(SOURCE);
  const { violations } = await page.evaluate((rules) => globalThis.axe.run({ runOnly: rules }), RULES);
  return violations.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, 3).map((node) => node.target.join(" "));
    return `${id}: ${help} (${places.join(", ")})`;
  });
}
