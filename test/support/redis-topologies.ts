/** A master with a replica and three sentinels; a Cluster of three masters with a replica each. */
import { type RedisServer, startRedis } from "./redis-server.js";

export interface Topology {
  readonly url: string;
  /** The data servers; of the Cluster the masters first. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  stop(): Promise<void>;
}

const LIMIT_MS = 60_000;

/** Looks until `isSo`; fails after a minute. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    let cause: unknown;
    try {
      if (await isSo()) return;
    } catch (error) {
      // Not yet, perhaps.
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`never came: ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const QUICK_SYNC = ["--repl-diskless-sync-delay", "0"];

async function linked(replica: RedisServer): Promise<boolean> {
  return (await replica.raw.info("replication")).includes("master_link_status:up");
}

/** `args` are of all data servers: without persistence an old master that is restarted comes back empty. */
export async function startSentinels(args: readonly string[] = []): Promise<Topology> {
  const own = [...QUICK_SYNC, ...args];
  const master = await startRedis({ args: own });
  const replica = await startRedis({ args: [...own, "--replicaof", master.host, String(master.port)] });
  await until("a linked replica", () => linked(replica));
  const sentinel = [
    `sentinel monitor main ${master.host} ${master.port} 2`,
    "sentinel down-after-milliseconds main 1000",
    "sentinel failover-timeout main 4000",
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedis({ sentinel })));
  await until("sentinels that know each other and the replica", async () => {
    const known = await Promise.all(
      sentinels.map(async ({ raw }) => {
        const fields = (await raw.call("SENTINEL", "MASTER", "main")) as string[];
        const of = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
        return of("num-other-sentinels") === "2" && of("num-slaves") === "1";
      }),
    );
    return known.every(Boolean);
  });
  return {
    url: `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(",")}/main/0`,
    servers: [master, replica],
    sentinels,
    stop: async () => void (await Promise.all([...sentinels, master, replica].map((each) => each.stop()))),
  };
}

const SLOTS = 16_384;

export async function startCluster(args: readonly string[] = []): Promise<Topology> {
  const own = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", ...QUICK_SYNC, ...args];
  const servers = await Promise.all([0, 1, 2, 3, 4, 5].map(() => startRedis({ args: own })));
  const [first, ...others] = servers as [RedisServer, ...RedisServer[]];
  for (const index of [0, 1, 2]) {
    const from = Math.ceil((index * SLOTS) / 3);
    const to = Math.ceil(((index + 1) * SLOTS) / 3);
    // One by one, for servers before 7.
    const slots = Array.from({ length: to - from }, (_, offset) => String(from + offset));
    await servers[index]?.raw.call("CLUSTER", "ADDSLOTS", ...slots);
  }
  for (const { host, port } of others) await first.raw.call("CLUSTER", "MEET", host, String(port));
  const nodes = async (server: RedisServer): Promise<string[]> =>
    ((await server.raw.call("CLUSTER", "NODES")) as string).split("\n").filter((line) => line !== "");
  await until("nodes that know each other", async () => {
    const seen = await Promise.all(servers.map(nodes));
    return seen.every((lines) => lines.length === 6 && lines.every((line) => !line.includes("handshake")));
  });
  for (const index of [0, 1, 2]) {
    const id = (await servers[index]?.raw.call("CLUSTER", "MYID")) as string;
    await servers[index + 3]?.raw.call("CLUSTER", "REPLICATE", id);
  }
  await until("a Cluster that answers", async () => {
    const states = await Promise.all(
      servers.map(({ raw }) => raw.call("CLUSTER", "INFO") as Promise<string>),
    );
    const replicas = await Promise.all(servers.slice(3).map(linked));
    const seen = await Promise.all(servers.map(nodes));
    const slaves = seen.every((lines) => lines.filter((line) => / (myself,)?slave /.test(line)).length === 3);
    return states.every((state) => state.includes("cluster_state:ok")) && replicas.every(Boolean) && slaves;
  });
  return {
    url: `redis+cluster://${servers.map(({ host, port }) => `${host}:${port}`).join(",")}`,
    servers,
    sentinels: [],
    stop: async () => void (await Promise.all(servers.map((each) => each.stop()))),
  };
}
