/**
 * A Redis that is killed and started again under each kind of persistence: what the docs promise of it, and what
 * `sunbeat doctor` says of it before. Beats and workers come back by themselves from all of them.
 *
 * A SIGKILL of the server does not test power loss: what it has written is still in the page cache.
 */
import { expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { judge as judgeSettings } from "../../src/doctor/index.js";
import { Sunbeat } from "../../src/index.js";
import { type Crew, FORM, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { judge } from "../support/invariants.js";
import { startRedis } from "../support/redis-server.js";

const KILLS = FORM.minutes === null ? 1 : 5;
/** Between the last snapshot and the kill. */
const UNSAVED_MS = 700;

/** What the doctor says against its persistence. */
async function doctorSays(broker: string): Promise<string[]> {
  const app = new Sunbeat("doctor", { broker });
  const findings = judgeSettings(await coreOf(app).survey(5_000));
  return findings
    .filter(({ setting, verdict }) => setting.startsWith("append") && verdict !== "ok")
    .map(({ setting, value }) => `${setting} ${value}`);
}

/** An entry that has just been registered is on its way to its first due time: waits for the one after it. */
async function twice(crew: Crew, after: string): Promise<number> {
  const tookMs = await crew.goesOn(after);
  await pause(1_000);
  await crew.goesOn(after);
  return tookMs;
}

const AOF = ["--appendonly", "yes", "--appendfsync"];

test.each([
  // persistence   doctor warns of          what was written is  because                            arguments
  ["AOF, always", [], "all there", "what is acknowledged is in the file", [...AOF, "always"]],
  ["AOF, everysec", ["appendfsync everysec"], "back", "a write may wait for the disk", [...AOF, "everysec"]],
  ["snapshots", ["appendonly no"], "back", "it goes back to the newest one", []],
  ["nothing", ["appendonly no"], "gone", "it comes back empty", []],
] as const)(
  "%s: the doctor warns of %j; after a kill of the server what was written is %s: %s",
  { concurrent: FORM.minutes === null, timeout: (2 + 2 * KILLS) * PATIENCE_MS },
  async (persistence, warnings, kept, _because, args) => {
    const server = await startRedis({ args });
    const { random } = FORM;
    try {
      expect(await doctorSays(server.url)).toEqual(warnings);
      await withCrew({ broker: server.url, entries: 50 }, async (crew) => {
        for (const role of ["beat", "beat", "worker"] as const) crew.start(role, { role });
        await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
        const awayMs: number[] = [];
        for (let kill = 0; kill < KILLS; kill++) {
          await twice(crew, "the start");
          if (persistence === "snapshots") {
            await server.raw.save();
            await crew.goesOn("the snapshot");
            await pause(UNSAVED_MS);
          }
          await pause(random.next() * 1_000);
          await server.kill();
          await server.restart();
          awayMs.push(await twice(crew, "the restart"));
        }
        await crew.drain();

        const options = { rolledBack: kept !== "all there" };
        const { broken, figures } = await judge(await crew.store(), crew.expectations, crew.log, options);
        const occurrences = new Set(linesOf(crew.log, "run").map(({ entry, due }) => `${entry} ${due}`));
        const again = figures.runs - figures.ids;
        const told = { seed: FORM.seed, kills: KILLS, ...figures, again, awayMs };
        console.log(`${persistence}: ${JSON.stringify(told)}`);
        expect(broken.slice(0, 20)).toEqual([]);
        expect(crew.surprises).toEqual([]);
        // One id for one occurrence, however often it ran.
        expect(figures.ids).toBe(occurrences.size);
        expect(awayMs.filter((ms) => ms > FORM.bound(10_000))).toEqual([]);
        // Each kind was met: writes were lost here, and the entries were there again by themselves.
        if (persistence === "snapshots") expect(again).toBeGreaterThan(0);
        expect(crew.complaints.includes("has lost every entry")).toBe(kept === "gone");
      });
    } finally {
      await server.stop();
    }
  },
);
