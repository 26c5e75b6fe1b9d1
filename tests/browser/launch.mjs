// Starts a real Chromium: the distribution's where there is one, else the one from the npm package.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import packaged, { inflate, setupLambdaEnvironment } from "@sparticuz/chromium";
import { chromium } from "playwright-core";

// The package unpacks into the temporary directory and trusts what it finds there, which may be
// another user's; ours is this project's own.
const UNPACKED = fileURLToPath(new URL("../../build/browser", import.meta.url));
mkdirSync(UNPACKED, { recursive: true });
process.env.TMPDIR = UNPACKED;

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
  const executablePath = INSTALLED.find((path) => existsSync(path)) ?? (await packagedBrowser());
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

/** The package's binary, with the libraries and fonts it brings where the system has none. */
async function packagedBrowser() {
  const path = await packaged.executablePath();
  if (!existsSync("/etc/fonts")) process.env.FONTCONFIG_PATH ??= join(tmpdir(), "fonts");
  const trial = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (trial.status !== 0 && trial.stderr.includes("shared libraries")) {
    const bin = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../bin");
    await inflate(join(bin, "al2023.tar.br"));
    setupLambdaEnvironment(join(tmpdir(), "al2023", "lib"));
  }
  return path;
}
