// Drives one page for the Python tests: a command a line on stdin, an answer a line on stdout.

import { createInterface } from "node:readline";
import { accessibilityProblems } from "./axe.mjs";
import { lowContrast } from "./contrast.mjs";
import { launch } from "./launch.mjs";

const options = JSON.parse(process.argv[2] ?? "{}");
const { context, close } = await launch({
  viewport: options.viewport ?? { width: 1280, height: 800 },
  colorScheme: options.colorScheme ?? "dark",
});
const page = context.pages()[0] ?? (await context.newPage());
const timeoutMs = options.timeoutMs ?? 20_000;
page.setDefaultTimeout(timeoutMs);

// What a user would find in the console as an error, and what the page's policy refused.
const problems = [];
page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
page.on("console", (message) => {
  if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
});

/** The first element of `selector`, or of those the first that holds `text`. */
function element(selector, text) {
  const found = page.locator(selector);
  return (text === undefined ? found : found.filter({ hasText: text })).first();
}

const commands = {
  open: async ({ url }) => void (await page.goto(url)),
  wait: async ({ selector, text }) => void (await element(selector, text).waitFor()),
  waitGone: async ({ selector, text }) =>
    void (await element(selector, text).waitFor({ state: "detached" })),
  waitUntil: async ({ script }) => {
    // Not `waitForFunction`: it evaluates inside the page, which the page's policy forbids.
    const deadline = Date.now() + timeoutMs;
    while (!(await page.evaluate(script))) {
      if (Date.now() > deadline) throw new Error(`not true within ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  text: async ({ selector }) => await element(selector).innerText(),
  count: async ({ selector }) => await page.locator(selector).count(),
  click: async ({ selector, text }) => void (await element(selector, text).click()),
  fill: async ({ selector, value }) => void (await element(selector).fill(value)),
  select: async ({ selector, value }) => void (await element(selector).selectOption(value)),
  press: async ({ key }) => void (await page.keyboard.press(key)),
  evaluate: async ({ script }) => (await page.evaluate(script)) ?? null,
  title: async () => await page.title(),
  problems: async () => problems.splice(0),
  accessibilityProblems: async () => await accessibilityProblems(page),
  lowContrast: async () => await page.evaluate(lowContrast),
  screenshot: async ({ path }) => void (await page.screenshot({ path })),
};

try {
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...parameters } = JSON.parse(line);
    let answer;
    try {
      answer = { value: (await commands[command](parameters)) ?? null };
    } catch (error) {
      answer = { error: String(error.message ?? error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
} finally {
  await close();
}
