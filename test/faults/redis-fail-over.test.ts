/**
 * Fail-overs behind Sentinel and on a Cluster, three and more in one run while ticks and tasks go on: the master killed
 * after writes that its replica never saw, told to hand over, silent for so long that another takes its place and then
 * back with its clients, and our slot moved to another master key by key. Where writes are lost, cursor, message and
 * ledger go back together: what was lost is sent again under the same ids, it may run twice, and nothing is missing (D2).
 * `npm test` does the first of each.
 */
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { CLUSTER_FAIL_OVERS, type FailOver, SENTINEL_FAIL_OVERS, whole } from "../support/fault-acts.js";
import { type Crew, FORM, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { silences } from "../support/fault-figures.js";
import { linesOf } from "../support/fault-log.js";
import { judge } from "../support/invariants.js";
import { startCluster, startSentinels, type Topology } from "../support/redis-topologies.js";

/** From the last task before a fail-over to the first one after it, the time in which servers find a new master included. */
const SILENCE_LIMIT_MS = 10_000;
const LONG = FORM.minutes !== null;

test.each([
  ["Sentinel", startSentinels, SENTINEL_FAIL_OVERS.slice(0, LONG ? 3 : 1)],
  ["a Cluster", startCluster, [2, 0, 1, 3].slice(0, LONG ? 4 : 2).map((index) => CLUSTER_FAIL_OVERS[index]!)],
] as const)(
  "under %s a master that fails over loses no tick, and what is sent again has the same ids",
  { concurrent: !LONG, timeout: LONG ? 15 * PATIENCE_MS : 8 * PATIENCE_MS },
  async (name, start, failOvers) => {
    const topology = await start(["--appendonly", "yes"]);
    try {
      await withCrew({ broker: topology.url, entries: 100 }, (crew) =>
        suffer(name, topology, crew, failOvers),
      );
    } finally {
      await topology.stop();
    }
  },
);

async function suffer(
  name: string,
  topology: Topology,
  crew: Crew,
  failOvers: readonly FailOver[],
): Promise<void> {
  for (const role of ["beat", "beat", "worker", "worker"] as const) crew.start(role, { role });
  await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
  const begunAt: Record<string, number> = {};
  for (const { name: what, act } of failOvers) {
    await crew.goesOn("the start");
    await whole(topology);
    await pause(2_000);
    begunAt[what] = systemClock.now();
    await act(topology);
    await crew.goesOn(what);
  }
  await crew.drain();

  const store = await crew.store();
  const { broken, figures } = await judge(store, crew.expectations, crew.log, { rolledBack: true });
  const runs = linesOf(crew.log, "run");
  const occurrences = new Set(runs.map(({ entry, due }) => `${entry} ${due}`));
  const silentMs = silences(runs, begunAt);
  console.log(`${name}: ${JSON.stringify({ ...figures, again: figures.runs - figures.ids, silentMs })}`);
  expect(broken.slice(0, 20)).toEqual([]);
  expect(crew.surprises).toEqual([]);
  // One id for one occurrence, however often it ran.
  expect(figures.ids).toBe(occurrences.size);
  // Writes were lost, or this has tested nothing.
  expect(figures.runs).toBeGreaterThan(figures.ids);
  expect(Object.entries(silentMs).filter(([, ms]) => ms > FORM.bound(SILENCE_LIMIT_MS))).toEqual([]);
}
