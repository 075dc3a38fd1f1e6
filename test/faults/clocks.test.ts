/**
 * Clocks that are wrong, jump and run too fast while beats and workers are at it; the store's own clock that jumps; and the
 * nights on which a clock on the wall does.
 *
 * Whole processes get their wrong clocks from libfaketime, which is installed where it is missing (support/faketime.ts). The
 * store's clock is moved by the test hook: a server under libfaketime hangs.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { crontab, every } from "../../src/index.js";
import { type Crew, FORM, PATIENCE_MS, pause, type Victim, withCrew } from "../support/fault-crew.js";
import { leftovers } from "../support/fault-figures.js";
import { linesOf } from "../support/fault-log.js";
import { libfaketime } from "../support/faketime.js";
import { inWorld } from "../support/fast-world.js";
import { judge } from "../support/invariants.js";
import { startRedis } from "../support/redis-server.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What libfaketime can be told. The last one runs tenfold from the start of the process on. */
const CLOCKS = ["+0", "+3600", "-3600", "+86400", "-86400", "+0 x10"];

/** Clocks of victims, each in a file that can be changed while it runs. */
class Clocks {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-clocks-"));
  readonly #files = new Map<Victim, string>();
  readonly #library = libfaketime();
  #given = 0;

  /** Starts a victim with a clock of its own. */
  start(crew: Crew, role: "beat" | "worker", clock: string): Victim {
    const file = path.join(this.#folder, String(this.#given++));
    write(file, clock);
    const env = {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    Object.assign(process.env, env);
    try {
      const victim = crew.start(role, { role });
      this.#files.set(victim, file);
      return victim;
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
    }
  }

  set(victim: Victim, clock: string): void {
    write(this.#files.get(victim)!, clock);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }
}

/** In one step: it is read at every look at the clock. */
function write(file: string, clock: string): void {
  writeFileSync(`${file}~`, `${clock}\n`);
  renameSync(`${file}~`, file);
}

test.skipIf(process.platform !== "linux")(
  `(needs Linux, for LD_PRELOAD) processes whose clocks jump by hours and days and run tenfold lose no tick and double none (seed ${FORM.seed})`,
  async () => {
    const { random } = FORM;
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
    const clocks = new Clocks();
    const server = await startRedis();
    try {
      await withCrew({ broker: server.url, entries: 50 }, async (crew) => {
        const startBeat = (): Victim => clocks.start(crew, "beat", pick(CLOCKS));
        for (let count = 0; count < 3; count++) startBeat();
        for (const clock of ["+86400", "-86400"]) clocks.start(crew, "worker", clock);
        await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
        const from = systemClock.now();
        // They do have other times: the log is written by their clocks.
        await crew.until("claims a day ahead and a day ago", () => {
          const hours = linesOf(crew.log, "claim").map(({ at }) => Math.round((at - from) / HOUR));
          return hours.includes(24) && hours.includes(-24);
        });
        const end = systemClock.monotonicMs() + FORM.ms(3_000);
        let [jumps, kills] = [0, 0];
        while (systemClock.monotonicMs() < end) {
          for (let count = 0; count < 4; count++) {
            await pause(random.next() * 250);
            clocks.set(pick(crew.victims), pick(CLOCKS));
            jumps++;
          }
          const leader = await crew.leader();
          if (!leader) continue;
          startBeat();
          await leader.kill();
          kills++;
        }
        await crew.drain();

        const { broken, figures } = await judge(await crew.store(), crew.expectations, crew.log);
        console.log(`clocks: ${JSON.stringify({ seed: FORM.seed, jumps, kills, ...figures })}`);
        expect(broken.slice(0, 20)).toEqual([]);
        expect(crew.surprises).toEqual([]);
        expect(await leftovers(server)).toEqual([]);
        expect(figures.due).toBeGreaterThan(20 * (FORM.ms(3_000) / 1_000));
      });
    } finally {
      clocks.dispose();
      await server.stop();
    }
  },
  FORM.ms(3_000) + 4 * PATIENCE_MS,
);

describe.concurrent("the store's clock", () => {
  const tick = { task: "t", schedule: every("1s"), misfire: { policy: "all", max: 10_000 } } as const;

  test.each([
    ["forward by an hour", HOUR, 3_600],
    ["forward by a day", DAY, 10_000],
  ])("that jumps %s is told, held and then believed", (_, byMs, atLeast) =>
    inWorld("2027-01-01T00:00:00Z", async (world) => {
      const apps = [DAY, -HOUR].map((offsetMs) => world.beat({ tick }, offsetMs));
      const jumps: number[] = [];
      for (const app of apps) app.events.on("clock-jump", (event) => void jumps.push(event.byMs));
      const store = await world.store();
      await world.pass(6_000);
      const before = await store.now();
      world.jump(byMs);
      await world.pass(15_000);
      await world.caughtUp(store, ["tick"]);
      await world.rest();

      // By whoever leads, and by whoever stands for election meanwhile.
      expect([1, 2]).toContain(jumps.length);
      expect(jumps.filter((each) => Math.abs(each - byMs) > 1_000)).toEqual([]);
      const rows = await store.ledger.rows("tick", { limit: 100_000, keep: "oldest" });
      const after = rows.filter(({ at }) => at > before + 1_000);
      // Ten seconds, less what passed until the jump was seen.
      expect(Math.min(...after.map(({ at }) => at)) - (before + byMs)).toBeGreaterThan(7_000);
      const verdict = await judge(store, [{ entry: "tick", schedule: every("1s") }], []);
      expect(verdict.broken.filter((each) => each.startsWith("D1"))).toEqual([]);
      expect(verdict.figures.sent).toBeGreaterThanOrEqual(atLeast);
    }),
  );

  test("that slips and comes back costs no due time and sends none early", () =>
    inWorld("2027-01-01T00:00:00Z", async (world) => {
      for (const offsetMs of [0, DAY]) world.beat({ tick }, offsetMs);
      const store = await world.store();
      await world.pass(6_000);
      world.jump(DAY);
      await world.pass(4_000);
      world.jump(-DAY);
      await world.pass(10_000);
      await world.caughtUp(store, ["tick"]);
      await world.rest();
      const verdict = await judge(store, [{ entry: "tick", schedule: every("1s") }], []);
      expect(verdict.broken.filter((each) => each.startsWith("D1"))).toEqual([]);
      expect([verdict.figures.skipped, verdict.figures.sent >= 15]).toEqual([0, true]);
      const rows = await store.ledger.rows("tick", { limit: 1_000, keep: "oldest" });
      expect(rows.filter((row) => row.kind === "row" && row.at < row.due)).toEqual([]);
    }));

  test.each([
    // Begins of the watches, dues of 02:30, dues of each half hour.
    [
      "spring, when 02:30 does not exist",
      ["2027-03-28T00:29:50Z", "2027-03-28T00:59:50Z", "2027-03-28T01:29:50Z"],
      ["2027-03-28T01:00:00.000Z"],
    ],
    [
      "autumn, when 02:30 comes twice",
      ["2027-10-31T00:29:50Z", "2027-10-31T00:59:50Z", "2027-10-31T01:29:50Z"],
      ["2027-10-31T00:30:00.000Z"],
    ],
  ])("in the night of %s, sends 02:30 once and each half hour once", (_, watches, once) =>
    inWorld(watches[0]!, async (world) => {
      const options = { timezone: "Europe/Paris" };
      const schedule = {
        night: { task: "t", schedule: crontab("30 2 * * *", options) },
        halves: { task: "t", schedule: crontab("*/30 * * * *", options) },
      };
      const store = await world.store();
      for (const watch of watches) {
        // Between two watches nobody is up, so a clock that moves on is no jump.
        world.jump(Date.parse(watch) - (await store.now()));
        for (const offsetMs of [DAY, -HOUR]) world.beat(schedule, offsetMs);
        await world.pass(13_000);
        await world.caughtUp(store, Object.keys(schedule));
        await world.rest();
      }
      const sent = async (name: string): Promise<string[]> => {
        const rows = await store.ledger.rows(name, { limit: 100, keep: "oldest" });
        return rows.flatMap((row) =>
          row.kind === "row" && row.fate === "sent" ? [new Date(row.due).toISOString()] : [],
        );
      };
      expect(await sent("night")).toEqual(once);
      expect(await sent("halves")).toEqual(
        watches.map((watch) => new Date(Date.parse(watch) + 10_000).toISOString()),
      );
    }),
  );
});
