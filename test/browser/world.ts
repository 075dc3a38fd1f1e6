/** A small system for the browser: an app on SQLite with a worker and a beat, and its dashboard on a free port. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { coreOf } from "../../src/app/index.js";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { Assets } from "../../src/dashboard/assets.js";
import type { Doors } from "../../src/dashboard/login.js";
import { openDashboard } from "../../src/dashboard/open.js";
import type { DashboardOptions } from "../../src/dashboard/index.js";
import { DashboardServer } from "../../src/dashboard/server.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";

const BUILT = fileURLToPath(new URL("../../dist/dashboard/ui/", import.meta.url));

export interface WorldOptions {
  /** Tasks and whatever else the test needs, before worker and beat start. */
  readonly prepare?: (app: Sunbeat) => void;
  readonly app?: Partial<SunbeatOptions>;
  /** One that is there already, with a broker of its own. */
  readonly made?: Sunbeat;
  /** Default: both. */
  readonly runs?: "worker" | "beat" | "both" | "none";
  readonly dashboard?: DashboardOptions;
  /** Default: loopback, where everybody may do all. */
  readonly doors?: Doors | null;
}

export const LOOPBACK: Doors = { isLoopback: true, users: null, token: null };

export class World {
  readonly app: Sunbeat;
  readonly #options: WorldOptions;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-browser-"));
  #server: DashboardServer | null = null;
  #port = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.app =
      options.made ??
      new Sunbeat("shop", {
        ...{
          broker: `sqlite:${path.join(this.#folder, "shop.db")}`,
          timezone: "Europe/Paris",
          logger: silentLogger,
        },
        ...options.app,
      });
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    options.prepare?.(world.app);
    const { runs = "both" } = options;
    if (runs === "worker" || runs === "both") await world.app.worker().start();
    if (runs === "beat" || runs === "both") world.app.beat().start();
    await world.serve();
    return world;
  }

  /** Without the last slash. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Also once more, on the same port, after `stopServing`. */
  async serve(): Promise<void> {
    const { dashboard = {}, doors = LOOPBACK } = this.#options;
    const made = openDashboard(coreOf(this.app), dashboard, doors, [], new Assets(BUILT));
    this.#server = new DashboardServer({ ...made, clock: systemClock });
    this.#port = await this.#server.listen("127.0.0.1", this.#port);
  }

  async stopServing(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }

  async close(): Promise<void> {
    await this.stopServing();
    await this.app.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }
}

/** A page with what went wrong in it: errors, and reports of the policy of contents. */
export interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({
    ...{ locale: "en-GB", viewport: { width: 1_280, height: 900 }, timezoneId: "America/New_York" },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return { page, complaints };
}
