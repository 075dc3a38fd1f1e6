/**
 * Processes that send and work, under one key for each policy, while they are killed, stand still, and repeat steps whose answers were
 * lost: at most one message of a key runs at a time, the latest is not lost, and nothing is left of any key. Mutants show that the suite
 * can fail. SUNBEAT_FAULT_MINUTES makes it longer, with 50 processes; SUNBEAT_SEED repeats what comes by chance.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { keyspace } from "../../src/store/redis/keys.js";
import { loadDriver } from "../../src/store/sqlite/driver.js";
import { UNIQUE_POLICIES } from "../../src/tasks/message.js";
import {
  type Crew,
  FORM,
  type Mutant,
  PATIENCE_MS,
  pause,
  type Point,
  withCrew,
} from "../support/fault-crew.js";
import { startRedis } from "../support/redis-server.js";
import { judgeUnique } from "../support/unique-invariants.js";

const PROGRAM = fileURLToPath(new URL("./unique-victim.mjs", import.meta.url));
const isLong = FORM.minutes !== null;
const LAST = "last";
const POINTS = ["enqueue", "claim", "settle"].flatMap((step) => [`before-${step}`, `after-${step}`]);

/** A store of its own for `use`, which is told what is left of keys there. */
type Opener = (use: (broker: string, left: () => Promise<number>) => Promise<void>) => Promise<void>;

const onRedis: Opener = async (use) => {
  const server = await startRedis();
  const { uniq, uniqof } = keyspace(DEFAULT_NAMESPACE).keys;
  await use(server.url, () => server.raw.exists(uniq, uniqof)).finally(() => server.stop());
};

const onSqlite: Opener = async (use) => {
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-unique-"));
  const file = path.join(folder, "unique.db");
  const left = async (): Promise<number> => {
    const handle = (await loadDriver()).open(file, true);
    try {
      const sql = "SELECT (SELECT count(*) FROM unique_key) + (SELECT count(*) FROM unique_message) AS left";
      return (handle.prepare(sql).get() as { left: number }).left;
    } finally {
      handle.close();
    }
  };
  await use(`sqlite:${file}`, left).finally(() =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 }),
  );
};

interface Storm {
  readonly processes: number;
  readonly ms: number;
  readonly mutants?: readonly Mutant[];
}

/** Whoever has died is followed by another. */
async function storm(crew: Crew, { processes, ms, mutants = [] }: Storm): Promise<number> {
  const random = FORM.random;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const trap = (): Point => {
    const place = { at: pick(POINTS), passing: 5 + Math.floor(random.next() * 40) };
    const chance = random.next();
    if (chance < 0.4) return { ...place, act: "twice", times: 3 };
    return chance < 0.7 ? { ...place, act: "crash" } : { ...place, act: "stall", ms: 1.5 * crew.leaseMs };
  };
  const muster = (): void => {
    while (crew.victims.length < processes) {
      crew.start("worker", {
        ...{ role: "combined", points: random.next() < 0.5 ? [trap()] : [], mutants },
        extras: { policies: UNIQUE_POLICIES, seed: Math.floor(random.next() * 2 ** 32) },
      });
    }
  };
  muster();
  const begun = (): boolean => UNIQUE_POLICIES.every((policy) => runsOf(crew, policy) > 3);
  // Fifty processes take their time to start. Under some mutants nothing comes, which is how they are noticed.
  const patience = mutants.length > 0 ? 0.25 : isLong ? 5 : 1;
  await crew.until("runs of all policies", begun, patience * PATIENCE_MS);
  let kills = 0;
  const deadline = systemClock.monotonicMs() + ms;
  while (systemClock.monotonicMs() < deadline) {
    await pause(100 + random.next() * 300);
    if (random.next() < 0.5) {
      kills++;
      await pick(crew.victims).kill();
    }
    muster();
  }
  return kills;
}

const runsOf = (crew: Crew, policy: string): number => judgeUnique(crew.log, policy).runs;

/** What is broken after a storm, one last message of each key, and a worker that does what is left. */
async function raided(on: Opener, options: Storm): Promise<string[]> {
  const broken: string[] = [];
  await on(async (broker, left) => {
    await withCrew({ broker, program: PROGRAM, entries: 0 }, async (crew) => {
      const kills = await storm(crew, options);
      await crew.endAll();
      const extras = { policies: UNIQUE_POLICIES, seed: 1, last: LAST };
      const { mutants = [] } = options;
      await crew.start("last", { role: "sender", mutants, extras }).ended;
      await crew.drain({ mutants, extras });
      const figures = UNIQUE_POLICIES.map((policy) => ({ policy, ...judgeUnique(crew.log, policy) }));
      broken.push(...figures.flatMap((each) => each.broken), ...crew.surprises);
      for (const { queue, blocked = 0 } of await (await crew.store()).queues.counts()) {
        if (blocked > 0) broken.push(`${queue}: ${blocked} wait for ever`);
      }
      for (const policy of ["replace", "queue-one"]) {
        const ran = crew.log.some(
          (line) => line.kind === "began" && line.policy === policy && line.asked === LAST,
        );
        if (!ran) broken.push(`${policy}: the last one never ran`);
      }
      const keys = await left();
      if (keys > 0) broken.push(`${keys} keys are left`);
      const told = figures.map(({ policy, asked, runs }) => `${policy} ${asked} asked, ${runs} runs`);
      console.log(`unique keys: ${told.join("; ")}; ${kills} kills (seed ${FORM.seed})`);
    });
  });
  return broken;
}

const STORES: readonly [name: string, on: Opener, processes: number, ms: number][] = [
  ["Redis", onRedis, isLong ? 50 : 10, FORM.ms(6_000)],
  // One that is stopped within a write stops them all there: there is less to see.
  ["SQLite", onSqlite, isLong ? 50 : 6, Math.min(60_000, FORM.ms(6_000))],
];

describe("under kill", () => {
  test.each(STORES)(
    `%s: one at a time, the latest runs, and no key is left (seed ${FORM.seed})`,
    async (_, on, processes, ms) => {
      expect((await raided(on, { processes, ms })).slice(0, 20)).toEqual([]);
    },
    FORM.ms(0) + 12 * PATIENCE_MS,
  );
});

const END = "if any_uniques() then uniques().end_unique(m.id) end\nend_run(m)";

describe("the suite fails where", () => {
  test.each<readonly [string, Mutant]>([
    ["an ended message keeps its key", { script: "library", find: END, put: "end_run(m)" }],
    [
      "nothing waits for the one that has begun",
      {
        script: "library",
        find: "return send_now(id, template, entry, body, number, true)",
        put: "return send_now(id, template, entry, body, number)",
      },
    ],
    [
      "what waits is forgotten",
      {
        script: "library",
        find: "save(m)\narrive_in_queue(m)\nend",
        put: "save(m)\nend",
      },
    ],
  ])(
    "%s",
    async (_, mutant) => {
      const broken = await raided(onRedis, { processes: 6, ms: 2_000, mutants: [mutant] }).catch(
        (error: Error) => [error.message],
      );
      expect(broken).not.toEqual([]);
    },
    6 * PATIENCE_MS,
  );
});
