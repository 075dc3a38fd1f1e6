/** The browser of the suite: one for a file, the system's own, installed where it is missing. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { fromSystem } from "../support/system-program.js";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** It asks nobody on the network, whatever it would like to know. */
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
];

export function chromiumPath(): string {
  return fromSystem({
    need: "the browser tests need Chromium",
    apt: "chromium",
    elsewhere: { macOS: "brew install --cask chromium" },
    find: () => PLACES.find((place) => existsSync(place)),
  });
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
}
