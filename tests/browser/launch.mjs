// Starts a real Chromium: the distribution's where there is one, else the one from the npm package.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packaged from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

// The browser must reach nothing but the page under test, also on a machine with a closed network.
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--force-color-profile=srgb",
];

/** A browser context with a fresh profile; `close` also removes the profile. */
export async function launch(contextOptions = {}) {
  const installed = INSTALLED.find((path) => existsSync(path));
  const executablePath = installed ?? (await packaged.executablePath());
  const profile = mkdtempSync(join(tmpdir(), "memewatch-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    headless: true,
    ...contextOptions,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}
