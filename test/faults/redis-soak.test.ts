/**
 * Everything at once, drawn from one printed seed: five beats and four workers are killed and stopped, from outside and
 * at named points, while their wires lose requests and answers and what they talk to is killed, paused, full, forgetful,
 * or fails over. Two hundred due times a second. D1, E1 and E2 hold, nobody ends by himself, and nothing is left over.
 * SUNBEAT_FAULT_MINUTES sets how long each of them is (`npm test`: four seconds of the first).
 */
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import {
  CLUSTER_FAIL_OVERS,
  type FailOver,
  SENTINEL_FAIL_OVERS,
  SERVER_ACTS,
  whole,
} from "../support/fault-acts.js";
import { FORM, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { leftovers } from "../support/fault-figures.js";
import { faultProxy, REQUESTS, WIRE_FAULTS } from "../support/fault-proxy.js";
import { storm } from "../support/fault-storm.js";
import { judge } from "../support/invariants.js";
import { startRedis } from "../support/redis-server.js";
import { startCluster, startSentinels, type Topology } from "../support/redis-topologies.js";

const SHORT_MS = 4_000;
const ENTRIES = 200;

type Tally = Map<string, number>;

interface World {
  readonly url: string;
  /** Whether acknowledged writes may be lost. */
  readonly rolledBack: boolean;
  /** Has bad weather until `over`, and ends with all as it should be. */
  weather(over: () => boolean, tally: Tally): Promise<void>;
  leftovers(): Promise<string[]>;
  stop(): Promise<void>;
}

const drawn = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
const count = (tally: Tally, what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);

/** One server on its append-only file, behind a wire that fails. */
async function alone(): Promise<World> {
  const server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  const proxy = await faultProxy(server);
  const wires = async (over: () => boolean, tally: Tally): Promise<void> => {
    const random = FORM.randomOf(1);
    const quick = WIRE_FAULTS.filter((each) => each !== "half-open");
    while (!over()) {
      const matches = drawn(random, [REQUESTS.tick, REQUESTS.settle, REQUESTS.due, REQUESTS.elect]);
      const fault = random.next() < 0.05 ? "half-open" : drawn(random, quick);
      const hit = proxy.inject(fault, matches, drawn(random, [300, 2_000]));
      await Promise.race([hit.then(() => count(tally, fault)), pause(1_000)]);
      await pause(random.next() * 300);
    }
    proxy.heal();
  };
  const servers = async (over: () => boolean, tally: Tally): Promise<void> => {
    const random = FORM.randomOf(2);
    while (!over()) {
      const { name, act } = drawn(random, SERVER_ACTS);
      await act(server);
      count(tally, name);
      await pause(500 + random.next() * 2_000);
    }
  };
  return {
    url: proxy.url,
    rolledBack: false,
    weather: async (over, tally) => void (await Promise.all([wires(over, tally), servers(over, tally)])),
    leftovers: () => leftovers(server),
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}

function failing(
  start: (args: readonly string[]) => Promise<Topology>,
  failOvers: readonly FailOver[],
): () => Promise<World> {
  return async () => {
    const topology = await start(["--appendonly", "yes"]);
    return {
      url: topology.url,
      rolledBack: true,
      async weather(over, tally) {
        const random = FORM.randomOf(2);
        while (!over()) {
          await whole(topology);
          await pause(1_000 + random.next() * 2_000);
          const { name, act } = drawn(random, failOvers);
          await act(topology);
          count(tally, name);
        }
        await whole(topology);
      },
      // What was rolled back may be left: a message of which the ledger knows nothing, say.
      leftovers: async () => [],
      stop: () => topology.stop(),
    };
  };
}

const WORLDS: readonly (readonly [string, () => Promise<World>])[] = [
  ["one server behind failing wires", alone],
  ["a master behind Sentinel", failing(startSentinels, SENTINEL_FAIL_OVERS)],
  ["a Cluster", failing(startCluster, CLUSTER_FAIL_OVERS)],
];

test.each(FORM.minutes === null ? WORLDS.slice(0, 1) : WORLDS)(
  `%s: all faults at once lose no tick and double none (seed ${FORM.seed})`,
  async (name, start) => {
    const world = await start();
    try {
      await withCrew({ broker: world.url, entries: ENTRIES }, async (crew) => {
        const tally: Tally = new Map();
        let over = false;
        const durationMs = FORM.ms(SHORT_MS);
        const trouble = storm(crew, { random: FORM.random, durationMs, beats: 5, workers: 4 });
        const [{ kills, stops }] = await Promise.all([
          trouble.finally(() => (over = true)),
          world.weather(() => over, tally),
        ]);
        const from = systemClock.monotonicMs();
        await crew.goesOn("the storm");
        const backMs = Math.round(systemClock.monotonicMs() - from);
        await crew.drain();

        const store = await crew.store();
        const { rolledBack } = world;
        const { broken, figures } = await judge(store, crew.expectations, crew.log, { rolledBack });
        const acts = Object.fromEntries(tally);
        console.log(
          `soak, ${name}: ${JSON.stringify({ seed: FORM.seed, ...figures, kills, stops, acts, backMs })}`,
        );
        expect(broken.slice(0, 20)).toEqual([]);
        expect(crew.surprises).toEqual([]);
        expect(await world.leftovers()).toEqual([]);
        expect(figures.due).toBeGreaterThan((ENTRIES / 2) * (durationMs / 1_000));
        // A fail-over takes ten seconds, so there may have been only one; and so it is on a slow machine.
        expect(tally.size).toBeGreaterThan(rolledBack || FORM.minutes === null ? 0 : 2);
      });
    } finally {
      await world.stop();
    }
  },
  FORM.ms(SHORT_MS) + 8 * PATIENCE_MS,
);
