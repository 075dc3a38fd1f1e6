/**
 * D1 and E1 on SQLite: the combined process is killed with SIGKILL at named points and at random moments while ten
 * entries are due ten times a second. Afterwards every due time is in the ledger exactly once, and everything that was
 * sent has run. SUNBEAT_FAULT_KILLS sets how many random kills there are (default 4), SUNBEAT_SEED when they come.
 *
 * A SIGKILL does not test power loss: what the process has written is still in the page cache.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Crew, FORM, limited, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { judge } from "../support/invariants.js";

/** The entries are put by the first process that lives to do it, so those points come first. */
const POINTS = [
  ["before-put", 1],
  ["after-put", 1],
  ["after-elect", 1],
  ["after-due", 2],
  ["before-tick", 2],
  ["after-tick", 1],
  ["after-tick", 3],
  ["after-claim", 2],
  ["in-task", 1],
  ["in-task", 4],
  ["before-settle", 2],
  ["after-settle", 3],
] as const;

let folder: string;
let crew: Crew;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sunbeat-kill-"));
  crew = new Crew({ broker: `sqlite://${path.join(folder, "kill.db")}`, entries: 10 });
});
afterEach(async () => {
  await crew.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

test(
  `a process killed at ${POINTS.length} points and ${FORM.kills} random moments loses no tick and doubles none (seed ${FORM.seed})`,
  async () => {
    const { random } = FORM;
    for (const [at, passing] of POINTS) {
      const victim = crew.start("combined", { role: "combined", points: [{ at, passing, act: "crash" }] });
      // It came to the point, and died of it.
      const { signal } = await limited(victim.ended, `the point ${at}:${passing}`);
      expect([at, passing, signal]).toEqual([at, passing, "SIGKILL"]);
    }
    for (let kill = 0; kill < FORM.kills; kill++) {
      const victim = crew.start("combined", { role: "combined" });
      await victim.printed("ran", 1 + Math.floor(random.next() * 15));
      await pause(random.next() * 100);
      await victim.kill();
    }
    // One that ends as it should, so that nothing of the beat is under way, then a worker alone until all is done.
    const last = crew.start("combined", { role: "combined" });
    await last.printed("ran", 20);
    expect(await last.end()).toEqual({ code: 0, signal: null });
    await crew.drain();

    const { broken, figures } = await judge(await crew.store(), crew.expectations, crew.log);
    console.log(`kills on SQLite: ${JSON.stringify({ seed: FORM.seed, ...figures })}`);
    expect(broken).toEqual([]);
    expect(crew.surprises).toEqual([]);
    expect(figures.due).toBeGreaterThan(2 * (POINTS.length + FORM.kills));
  },
  (POINTS.length + FORM.kills + 4) * PATIENCE_MS,
);
