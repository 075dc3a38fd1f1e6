/**
 * Reads what a Redis tells about itself: INFO, CONFIG GET by name, ACL WHOAMI, TIME, whether we may do a step and listen,
 * whether our keys hold what is not ours, and named entries. Never a password, never a write.
 */
import type { Redis } from "ioredis";
import { type Clock, within } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { StoreContext } from "../contracts/store.js";
import {
  type ForeignData,
  type Reading,
  REDIS_SETTINGS,
  type RedisFacts,
  type RedisMemory,
  type RedisServerFacts,
  type StoredEntry,
} from "../contracts/survey.js";
import { Caller } from "./caller.js";
import type { Connect, RedisClient, RedisServer } from "./client.js";
import { contentsOf } from "./contents.js";
import { redisEntries } from "./entries.js";
import { explain, storeError, timeoutError } from "./errors.js";
import { DEFAULT_NAMESPACE } from "./index.js";
import { databaseOf, ioredisConnect, ioredisHandedIn, loadIoredis } from "./ioredis.js";
import { BY_TEXT, KEY_NAMES, KEY_TYPES, type Keyspace, keyspace, topicChannel } from "./keys.js";
import type { WireNumber } from "./script.js";
import { parseRedisUrl } from "./url.js";
import { refusalOfVersion } from "./version.js";

export interface SurveyOptions {
  /** Names of entries whose state is wanted; without it nothing is read of what is stored. */
  readonly entries?: readonly string[] | undefined;
}

/**
 * Facts about the server, the master behind Sentinel, or all masters of the Cluster that the URL names, within
 * `limitMs`. What the server does not tell, by its ACL or its host's will, is `unknown`. Rejects as opening the store
 * does: SUNBEAT_STORE_UNAVAILABLE, _TIMEOUT, _AUTH, SUNBEAT_DRIVER_MISSING, SUNBEAT_BROKER_URL_INVALID.
 */
export async function surveyRedis(
  url: string,
  context: StoreContext,
  limitMs: number,
  { entries }: SurveyOptions = {},
): Promise<RedisFacts> {
  const target = parseRedisUrl(url);
  const connect = ioredisConnect(await loadIoredis(), target, context.clock, context.random);
  const isCluster = target.kind === "cluster";
  const failsOver = target.kind !== "single";
  return survey({ connect, ...target, isCluster, failsOver, context, limitMs, entries });
}

/** The same over a client of the program's own, which is not closed. */
export async function surveyRedisOf(
  client: unknown,
  context: StoreContext,
  limitMs: number,
  { namespace = null, entries }: SurveyOptions & { readonly namespace?: string | null | undefined } = {},
): Promise<RedisFacts> {
  const connect = ioredisHandedIn(client, context.clock);
  const isCluster = "nodes" in (client as object);
  const failsOver = isCluster || Boolean((client as Partial<Redis>).options?.sentinels);
  const label = "redis:(client handed in)";
  const db = databaseOf(client);
  return survey({ connect, namespace, db, label, isCluster, failsOver, context, limitMs, entries });
}

interface Survey {
  readonly connect: Connect;
  readonly namespace: string | null;
  readonly db: number;
  readonly label: string;
  readonly isCluster: boolean;
  readonly failsOver: boolean;
  readonly context: StoreContext;
  readonly limitMs: number;
  readonly entries: readonly string[] | undefined;
}

async function survey(wanted: Survey): Promise<RedisFacts> {
  const { connect, namespace, db, label, context, limitMs } = wanted;
  const space = keyspace(namespace ?? DEFAULT_NAMESPACE, db);
  const client = connect("commands");
  const listener = connect("subscriber");
  let isReady = false;
  const work = async (): Promise<RedisFacts> => {
    await client.ready();
    isReady = true;
    return factsOf(wanted, client, listener, space);
  };
  try {
    return await within(context.clock, limitMs, work(), () =>
      client.trouble === null
        ? timeoutError(label, "doctor", limitMs, isReady)
        : storeError(client.trouble, label, space.tag),
    );
  } catch (error) {
    throw storeError(error, label, space.tag);
  } finally {
    client.close();
    listener.close();
  }
}

async function factsOf(
  wanted: Survey,
  client: RedisClient,
  listener: RedisClient,
  space: Keyspace,
): Promise<RedisFacts> {
  const { clock } = wanted.context;
  const nodes = client.servers();
  const refusal = await read(() => refusalOfVersion(callerOf(wanted, client, space)));
  const wrongVersion = "value" in refusal ? refusal.value?.message : undefined;
  const stored = async <T>(ask: () => Promise<T>): Promise<Reading<T>> =>
    wrongVersion === undefined ? read(ask) : { unknown: wrongVersion };
  const [servers, user, deaf, foreign, entries, contents] = await Promise.all([
    Promise.all(nodes.map((node) => serverFacts(node, nodes.length > 1 ? node.address : null, clock))),
    read(async () => String(await nodes[0]?.ask("ACL", "WHOAMI"))),
    refusalOf("to listen", space, () => listen(listener, space)),
    read(() => foreignData(client, space)),
    stored(() => storedEntries(wanted, client, space)),
    wanted.entries === undefined ? undefined : stored(() => contentsOf(callerOf(wanted, client, space))),
  ]);
  // Last: a client that is told READONLY looks for another master, and drops what is under way.
  const idle = await refusalOf("a step", space, () =>
    client.eval(HARMLESS, [space.keys.msg], [topicChannel(space, "doctor")]),
  );
  const refusals = [...idle, ...deaf];
  const { isCluster, failsOver } = wanted;
  return {
    ...{ kind: "redis", isCluster, failsOver, servers, user, refusals, foreign, entries },
    ...(wrongVersion !== undefined && { wrongVersion }),
    ...(contents !== undefined && { contents }),
  };
}

/** Among members of other scores an order of text means nothing, and a read of it ends before ours. */
async function foreignData(client: RedisClient, { keys }: Keyspace): Promise<ForeignData[]> {
  const wanted = KEY_NAMES.map((name) => (BY_TEXT.has(name) ? "text" : KEY_TYPES[name]));
  const found = (await client.eval(
    FIND_FOREIGN,
    KEY_NAMES.map((name) => keys[name]),
    wanted,
  )) as readonly (readonly [key: string, type: string, members: WireNumber])[];
  return found.map(([key, type, members]) => {
    return { key, type: type === "" ? null : type, members: Number(members) };
  });
}

async function listen(listener: RedisClient, space: Keyspace): Promise<void> {
  await listener.ready();
  await listener.subscribe([topicChannel(space, "doctor")]);
}

async function storedEntries(wanted: Survey, client: RedisClient, space: Keyspace): Promise<StoredEntry[]> {
  const { entries = [] } = wanted;
  if (entries.length === 0) return [];
  const found = await redisEntries(callerOf(wanted, client, space)).get(entries);
  return found
    .filter((entry) => entry !== null)
    .map(({ name, owner, version, revision }) => ({ name, owner, version, revision }));
}

function callerOf({ context, label, limitMs }: Survey, client: RedisClient, space: Keyspace): Caller {
  return new Caller({ client, space, label, ...context, clockOverride: null, limitMs });
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
    memory: "unknown" in info ? info : memoryOf(info.value),
  };
}

function memoryOf(info: Info): Reading<RedisMemory> {
  const used = Number(info.get("used_memory"));
  // Buffers for replicas and the append-only file.
  const uncounted = Number(info.get("mem_not_counted_for_evict") ?? 0);
  const limitBytes = Number(info.get("maxmemory"));
  if (!Number.isFinite(used - uncounted + limitBytes)) return { unknown: "INFO does not tell it" };
  return { value: { usedBytes: used - uncounted, limitBytes } };
}

type Info = ReadonlyMap<string, string>;

/** What INFO, which most hosts leave open, tells about a setting; undefined: nothing. */
const FROM_INFO: Readonly<Record<string, (info: Info) => string | undefined>> = {
  redis_version: (info) => info.get("redis_version"),
  // Valkey has another name for it.
  redis_mode: (info) => info.get("redis_mode") ?? info.get("server_mode"),
  role: (info) => info.get("role"),
  connected_slaves: (info) => info.get("connected_slaves"),
  aof_last_write_status: (info) => info.get("aof_last_write_status"),
  "maxmemory-policy": (info) => info.get("maxmemory_policy"),
  appendonly: (info) => ({ "0": "no", "1": "yes" })[info.get("aof_enabled") ?? ""],
};
const IN_INFO_ALONE: ReadonlySet<string> = new Set([
  "redis_version",
  "redis_mode",
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

const FIND_FOREIGN = `local found = {}
for index, key in ipairs(KEYS) do
  local wanted, type = ARGV[index], redis.call("TYPE", key).ok
  local sorted = wanted == "text"
  if type ~= "none" and type ~= (sorted and "zset" or wanted) then
    found[#found + 1] = { key, type, 0 }
  elseif sorted then
    local members = redis.call("ZCARD", key) - redis.call("ZCOUNT", key, 0, 0)
    if members > 0 then found[#found + 1] = { key, "", members } end
  end
end
return found`;

/** What for, what it means and the server's words; empty when it was done. */
async function refusalOf(what: string, space: Keyspace, act: () => Promise<unknown>): Promise<string[]> {
  try {
    await act();
    return [];
  } catch (error) {
    return [`${what}: the server ${explain(error, space.tag)}`];
  }
}

async function read<T>(ask: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    // One line, as a server's words should be.
    return { unknown: messageOf(error).replace(/\s+/g, " ").slice(0, 160) };
  }
}
