/** What happens to servers: one alone, a master behind Sentinel, the owner of our slot of a Cluster. */
import { systemClock } from "../../src/core/clock.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { pause } from "./fault-crew.js";
import type { RedisServer } from "./redis-server.js";
import { type Topology, until } from "./redis-topologies.js";

export interface Act {
  readonly name: string;
  readonly act: (server: RedisServer) => Promise<unknown>;
}

async function repeatedly(ms: number, act: () => Promise<unknown>): Promise<void> {
  const end = systemClock.monotonicMs() + ms;
  while (systemClock.monotonicMs() < end) {
    await act();
    await pause(10);
  }
}

/** From a script that holds the server up; BUSY is answered to all others after `threshold`. */
async function holdUp({ raw }: RedisServer, ms: number, threshold: number): Promise<void> {
  // The name before Redis 7, which newer ones take too.
  await raw.config("SET", "lua-time-limit", threshold);
  const loop =
    "local t = redis.call('TIME') local till = t[1] * 1000 + t[2] / 1000 + ARGV[1] repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > till";
  await raw.eval(loop, 0, String(ms));
}

/** All of these leave the server as it was, on its append-only file. */
export const SERVER_ACTS: readonly Act[] = [
  {
    name: "killed and started again",
    async act(server) {
      await server.kill();
      await pause(300);
      await server.restart();
    },
  },
  {
    name: "scripts forgotten in a loop",
    act: ({ raw }) => repeatedly(1_000, () => raw.script("FLUSH")),
  },
  {
    name: "all clients cut off every 50 ms",
    act: ({ raw }) =>
      repeatedly(1_000, async () => {
        for (const type of ["normal", "pubsub"])
          await raw.call("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
        await pause(40);
      }),
  },
  {
    name: "writes paused",
    async act({ raw }) {
      await raw.client("PAUSE", 700, "WRITE");
      await pause(700);
    },
  },
  {
    name: "everything paused for two leases",
    async act({ raw }) {
      await raw.client("PAUSE", 2_000, "ALL");
      await pause(2_000);
    },
  },
  { name: "asleep for three leases", act: ({ raw }) => raw.call("DEBUG", "SLEEP", "3") },
  { name: "held up by a slow script for a lease", act: (server) => holdUp(server, 1_000, 100) },
  {
    name: "full, then freed",
    async act({ raw }) {
      await raw.config("SET", "maxmemory", "1mb");
      await pause(1_000);
      await raw.config("SET", "maxmemory", "0");
    },
  },
];

interface Pair {
  /** The one that has the keys. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
}

async function pairOf({ servers }: Topology): Promise<Pair> {
  for (const master of servers) {
    const role = (await master.raw.role()) as [string, number, [string, string, string][]];
    if (role[0] !== "master" || (await master.raw.dbsize()) === 0) continue;
    const replica = servers.find(({ port }) => role[2].some(([, at]) => Number(at) === port));
    if (replica) return { master, replica };
  }
  throw new Error("no master with keys and a replica");
}

/** Waits until the master has a replica that follows it, so that it can fail over; gives both. */
export async function whole(topology: Topology): Promise<Pair> {
  let found: Pair | undefined;
  await until("a master and a replica that follows it", async () => {
    found = await pairOf(topology);
    return (await found.replica.raw.info("replication")).includes("master_link_status:up");
  });
  return found!;
}

/** How long a master goes on alone. Sentinel holds a replica that is silent for a second for dead. */
const ALONE_MS = 500;

async function tookOver({ sentinels }: Topology, server: RedisServer): Promise<void> {
  await until("another master", async () => (await server.raw.role())[0] === "master");
  await until("sentinels that agree", async () => {
    const seen = await Promise.all(
      sentinels.map(({ raw }) => raw.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")),
    );
    return (seen as [string, string][]).every(([, port]) => Number(port) === server.port);
  });
}

/** The master takes writes that the replica never sees, dies, and comes back as a replica. */
async function killed(topology: Topology): Promise<void> {
  const { master, replica } = await whole(topology);
  process.kill(replica.pid, "SIGSTOP");
  try {
    await master.raw.call("CLIENT", "KILL", "TYPE", "replica");
    await pause(ALONE_MS);
    await master.kill();
  } finally {
    process.kill(replica.pid, "SIGCONT");
  }
  await tookOver(topology, replica);
  await master.restart();
}

/** The master is silent until another is made one; then it is back, with its clients, and takes their writes until it is told. */
async function stalled(topology: Topology): Promise<void> {
  const { master, replica } = await whole(topology);
  process.kill(master.pid, "SIGSTOP");
  try {
    await until("another master", async () => (await replica.raw.role())[0] === "master");
  } finally {
    process.kill(master.pid, "SIGCONT");
  }
  await tookOver(topology, replica);
  await whole(topology);
}

/** Each ends with a new master that all know, and no client left with the old one. */
export interface FailOver {
  readonly name: string;
  /** Whether it is certain to lose writes that were acknowledged. */
  readonly loses: boolean;
  readonly act: (topology: Topology) => Promise<void>;
}

const KILLED: FailOver = { name: "killed after writes that nobody else saw", loses: true, act: killed };
const STALLED: FailOver = { name: "back with its clients after a stall", loses: false, act: stalled };

export const SENTINEL_FAIL_OVERS: readonly FailOver[] = [
  KILLED,
  {
    name: "SENTINEL FAILOVER",
    loses: false,
    async act(topology) {
      const { replica } = await whole(topology);
      // Refused while an earlier one is under way, or while the replica is not known to be good.
      await until("a sentinel that agrees", async () => {
        return (await topology.sentinels[0]!.raw.call("SENTINEL", "FAILOVER", "main")) === "OK";
      });
      await tookOver(topology, replica);
      await whole(topology);
    },
  },
  STALLED,
];

export const CLUSTER_FAIL_OVERS: readonly FailOver[] = [
  KILLED,
  {
    name: "CLUSTER FAILOVER",
    loses: false,
    async act(topology) {
      const { replica } = await whole(topology);
      await replica.raw.call("CLUSTER", "FAILOVER");
      await tookOver(topology, replica);
      await whole(topology);
    },
  },
  { name: "slot moved to another master", loses: false, act: (topology) => moveSlot(topology) },
  STALLED,
];

/** Between two keys of a slot that moves. */
const KEY_PAUSE_MS = 30;

/** Moves our slot to a master without keys, key after key, while clients go on. */
async function moveSlot(topology: Topology): Promise<void> {
  const { master: from } = await whole(topology);
  const masters: RedisServer[] = [];
  for (const server of topology.servers) if ((await server.raw.role())[0] === "master") masters.push(server);
  const to = masters.find((server) => server !== from)!;
  const ask = (server: RedisServer, ...args: [string, ...string[]]): Promise<unknown> =>
    server.raw.call("CLUSTER", ...args);
  const slot = String(await ask(from, "KEYSLOT", `{${DEFAULT_NAMESPACE}}:seq`));
  const [fromId, toId] = [String(await ask(from, "MYID")), String(await ask(to, "MYID"))];
  await ask(to, "SETSLOT", slot, "IMPORTING", fromId);
  await ask(from, "SETSLOT", slot, "MIGRATING", toId);
  for (;;) {
    const [key] = (await ask(from, "GETKEYSINSLOT", slot, "1")) as string[];
    if (key === undefined) break;
    await from.raw.call("MIGRATE", to.host, String(to.port), key, "0", "5000");
    await pause(KEY_PAUSE_MS);
  }
  for (const server of [to, from, ...masters.filter((each) => each !== to && each !== from)])
    await ask(server, "SETSLOT", slot, "NODE", toId);
}
