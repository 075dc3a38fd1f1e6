/**
 * Fail-overs that lose acknowledged writes, behind Sentinel and on a Cluster: the replica is cut off for a moment before
 * the master is killed. Cursor, message and ledger go back together, so what was lost is sent again under the same ids: it
 * may run twice, and nothing is missing (D2). SUNBEAT_FAULT_MINUTES makes it three fail-overs instead of one.
 */
import { expect, test } from "vitest";
import { type Crew, FORM, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { judge } from "../support/invariants.js";
import type { RedisServer } from "../support/redis-server.js";
import { startCluster, startSentinels, type Topology, until } from "../support/redis-topologies.js";

const FAIL_OVERS = FORM.minutes === null ? 1 : 3;
/** How long the master goes on alone. Sentinel holds a replica that is silent for a second for dead. */
const ALONE_MS = 500;

/** The master that has the keys, and its replica. */
async function pairOf({ servers }: Topology): Promise<{ master: RedisServer; replica: RedisServer }> {
  for (const master of servers) {
    const role = (await master.raw.role()) as [string, number, [string, string, string][]];
    if (role[0] !== "master" || (await master.raw.dbsize()) === 0) continue;
    const replica = servers.find(({ port }) => role[2].some(([, at]) => Number(at) === port));
    if (replica) return { master, replica };
  }
  throw new Error("no master with keys and a replica");
}

/** Has the master take writes that the replica never sees, and kills it. */
async function failOver(master: RedisServer, replica: RedisServer): Promise<void> {
  process.kill(replica.pid, "SIGSTOP");
  try {
    await master.raw.call("CLIENT", "KILL", "TYPE", "replica");
    await pause(ALONE_MS);
    await master.kill();
  } finally {
    process.kill(replica.pid, "SIGCONT");
  }
}

test.each([
  ["Sentinel", startSentinels],
  ["a Cluster", startCluster],
])(
  `${FAIL_OVERS} fail-over(s) with lost writes under %s send the same ids again and lose none`,
  { concurrent: FORM.minutes === null, timeout: (3 + 3 * FAIL_OVERS) * PATIENCE_MS },
  async (name, start) => {
    const topology = await start();
    try {
      await withCrew({ broker: topology.url, entries: 100 }, (crew) => failOvers(name, topology, crew));
    } finally {
      await topology.stop();
    }
  },
);

async function failOvers(name: string, topology: Topology, crew: Crew): Promise<void> {
  for (const role of ["beat", "beat", "worker", "worker"] as const) crew.start(role, { role });
  await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
  const awayMs: number[] = [];
  for (let round = 0; round < FAIL_OVERS; round++) {
    await crew.goesOn("the start");
    await pause(2_000);
    const { master, replica } = await pairOf(topology);
    await failOver(master, replica);
    awayMs.push(await crew.goesOn("the fail-over"));
    if (round + 1 === FAIL_OVERS) break;
    await master.restart();
    await until("a replica of the new master", async () => {
      const pair = await pairOf(topology);
      return pair.master === replica && (await master.raw.info("replication")).includes("link_status:up");
    });
  }
  await crew.drain();

  const { broken, figures } = await judge(await crew.store(), crew.expectations, crew.log, {
    rolledBack: true,
  });
  const runs = linesOf(crew.log, "run");
  const occurrences = new Set(runs.map(({ entry, due }) => `${entry} ${due}`));
  console.log(`${name}: ${JSON.stringify({ ...figures, again: figures.runs - figures.ids, awayMs })}`);
  expect(broken.slice(0, 20)).toEqual([]);
  expect(crew.surprises).toEqual([]);
  // One id for one occurrence, however often it ran.
  expect(figures.ids).toBe(occurrences.size);
  // Writes were lost, or this has tested nothing.
  expect(figures.runs).toBeGreaterThan(figures.ids);
  expect(awayMs.filter((ms) => ms > 10_000)).toEqual([]);
}
