/** Reads what a Redis tells about itself: INFO, CONFIG GET by name, ACL WHOAMI, TIME. Never a password, never a write. */
import { type Clock, within } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import { REDIS_SETTINGS, type Reading, type RedisFacts, type RedisServerFacts } from "../survey.js";
import type { StoreContext } from "../store.js";
import type { RedisClient, RedisServer } from "./client.js";
import { storeError, timeoutError } from "./errors.js";
import { DEFAULT_NAMESPACE } from "./index.js";
import { ioredisConnect, ioredisHandedIn, loadIoredis } from "./ioredis.js";
import { keyspace, topicChannel, type Keyspace } from "./keys.js";
import { parseRedisUrl } from "./url.js";

/**
 * Facts about the server, the master behind Sentinel, or all masters of the Cluster that the URL names, within
 * `limitMs`. What the server does not tell, by its ACL or its host's will, is `unknown`. Rejects as opening the store
 * does: SUNBEAT_STORE_UNAVAILABLE, _TIMEOUT, _AUTH, SUNBEAT_DRIVER_MISSING, SUNBEAT_BROKER_URL_INVALID.
 */
export async function surveyRedis(url: string, context: StoreContext, limitMs: number): Promise<RedisFacts> {
  const { clock, random } = context;
  const target = parseRedisUrl(url);
  const client = ioredisConnect(await loadIoredis(), target, clock, random)("commands");
  return survey(client, target.namespace, target.label, clock, limitMs);
}

/** The same over a client of the program's own, which is not closed. */
export async function surveyRedisOf(
  client: unknown,
  { clock }: StoreContext,
  limitMs: number,
  { namespace = null }: { readonly namespace?: string | null } = {},
): Promise<RedisFacts> {
  return survey(
    ioredisHandedIn(client, clock)("commands"),
    namespace,
    "redis:(client handed in)",
    clock,
    limitMs,
  );
}

async function survey(
  client: RedisClient,
  namespace: string | null,
  label: string,
  clock: Clock,
  limitMs: number,
): Promise<RedisFacts> {
  try {
    const space = keyspace(namespace ?? DEFAULT_NAMESPACE);
    return await within(clock, limitMs, factsOf(client, space, clock), () =>
      client.trouble === null ? timeoutError(label, "doctor", limitMs) : storeError(client.trouble, label),
    );
  } catch (error) {
    throw storeError(error, label);
  } finally {
    client.close();
  }
}

async function factsOf(client: RedisClient, space: Keyspace, clock: Clock): Promise<RedisFacts> {
  await client.ready();
  const nodes = client.servers();
  const servers = await Promise.all(
    nodes.map((node) => serverFacts(node, nodes.length > 1 ? node.address : null, clock)),
  );
  const user = await read(async () => String(await nodes[0]?.ask("ACL", "WHOAMI")));
  // Last: a client that is told READONLY looks for another master, and drops what is under way.
  const refusal = await refusalOf(client, space);
  return { kind: "redis", servers, user, refusal };
}

async function serverFacts(
  node: RedisServer,
  address: string | null,
  clock: Clock,
): Promise<RedisServerFacts> {
  const [info, ...fromConfig] = await Promise.all([
    read(async () => parseInfo(String(await node.ask("INFO")))),
    ...REDIS_SETTINGS.map((name) => (IN_INFO_ALONE.has(name) ? null : read(() => config(node, name)))),
  ]);
  const settings = REDIS_SETTINGS.map((name, index): [string, Reading] => {
    const configured = fromConfig[index];
    if (configured && "value" in configured) return [name, configured];
    if ("unknown" in info) return [name, configured ?? info];
    const told = FROM_INFO[name]?.(info.value);
    return [
      name,
      told === undefined ? (configured ?? { unknown: "INFO does not tell it" }) : { value: told },
    ];
  });
  return {
    address,
    settings: Object.fromEntries(settings) as RedisServerFacts["settings"],
    clock: await read(() => clockOf(node, clock)),
  };
}

type Info = ReadonlyMap<string, string>;

/** What INFO, which most hosts leave open, tells about a setting; undefined: nothing. */
const FROM_INFO: Readonly<Record<string, (info: Info) => string | undefined>> = {
  redis_version: (info) => info.get("redis_version"),
  role: (info) => info.get("role"),
  connected_slaves: (info) => info.get("connected_slaves"),
  aof_last_write_status: (info) => info.get("aof_last_write_status"),
  "maxmemory-policy": (info) => info.get("maxmemory_policy"),
  appendonly: (info) => ({ "0": "no", "1": "yes" })[info.get("aof_enabled") ?? ""],
};
const IN_INFO_ALONE: ReadonlySet<string> = new Set([
  "redis_version",
  "role",
  "connected_slaves",
  "aof_last_write_status",
]);

function parseInfo(text: string): Info {
  const lines = text.split(/\r?\n/).map((line) => /^([^#:]+):(.*)$/.exec(line));
  return new Map(lines.flatMap((found) => (found ? [[found[1] ?? "", found[2] ?? ""]] : [])));
}

async function config(node: RedisServer, name: string): Promise<string> {
  const answer = await node.ask("CONFIG", "GET", name);
  const [, value] = answer as readonly string[];
  if (value === undefined) throw new Error("the server does not tell it");
  return value;
}

async function clockOf(node: RedisServer, clock: Clock) {
  const sentAt = clock.monotonicMs();
  const [seconds, micros] = (await node.ask("TIME")) as readonly [string, string];
  const uncertaintyMs = (clock.monotonicMs() - sentAt) / 2;
  const serverMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
  return { aheadMs: Math.round(serverMs - (clock.now() - uncertaintyMs)), uncertaintyMs };
}

/**
 * Needs the rights to run scripts, to read and write our keys, to publish and to ask for the time; changes nothing, since
 * no message has an empty id and nobody listens to the topic. Not among scripts/*.lua: it is no step of the store.
 */
const HARMLESS = `redis.call("TIME") redis.call("HDEL", KEYS[1], "") redis.call("PUBLISH", ARGV[1], "") return 1`;

async function refusalOf(client: RedisClient, space: Keyspace): Promise<string | null> {
  const done = await read(() => client.eval(HARMLESS, [space.keys.msg], [topicChannel(space, "doctor")]));
  return "unknown" in done ? done.unknown : null;
}

async function read<T>(ask: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    // One line, as a server's words should be.
    return { unknown: messageOf(error).replace(/\s+/g, " ").slice(0, 160) };
  }
}
