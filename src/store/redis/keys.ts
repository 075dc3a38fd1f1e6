/**
 * Every key and channel of a store. All begin with one hash tag, so that each script finds its keys in one slot of a
 * Cluster; scripts take what they need of them by name.
 */
import { ConfigurationError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** What each key holds, and its type as TYPE tells it. Records and members are written in scripts/lib. */
export const KEY_TYPES = {
  /** version of the keys and their records: scripts/lib/version.lua */
  meta: "hash",
  /** last number given to a message, an entry or a dead letter */
  seq: "string",
  /** id -> record as sent; and what has changed since, absent for most that wait */
  msg: "hash",
  state: "hash",
  /** positions "<queue> <rank> <id>" of messages: ready in order of text, scheduled by eta, leased by the end of the lease */
  ready: "zset",
  scheduled: "zset",
  leased: "zset",
  /** the same of messages blocked by a lock, by the instant at which they have waited too long */
  blocked: "zset",
  /** state and queue -> number of scheduled, leased, blocked and dead messages */
  count: "hash",
  /** id -> result */
  res: "hash",
  /** revoked unknown id -> remembered until */
  rev: "zset",
  /** dead letters "<queue> <id>" in order of dying; id -> when and why */
  dead: "zset",
  why: "hash",
  /** unfinished runs of entries, in order of entry and age */
  runs: "zset",
  /** entry -> its buffered run; id of that run -> entry; entry -> when a claim is to look at it */
  buffered: "hash",
  bufferedid: "hash",
  bufferedwake: "zset",
  /** the ledger, in order of entry and due */
  ledger: "zset",
  /** entry -> definition record; entry -> what changes of it */
  entry: "hash",
  entrystate: "hash",
  /** entry -> when it is due; all names in order of text */
  due: "zset",
  names: "zset",
  /** who leads; last epoch given */
  beat: "hash",
  epoch: "string",
  /** lock -> capacity, or all there is of one that is held alone */
  lock: "hash",
  /** permits by their ends; waiters by ticket; waiting processes by when they count as gone */
  permits: "zset",
  waiters: "zset",
  alive: "zset",
  /** processes that were passed over, by the ends of their tickets */
  skipped: "zset",
  /** id of a message, and lock and process -> its lock request */
  tasklock: "hash",
  processlock: "hash",
  /** when a permit ends next of a lock with waiters, and of one without */
  lockwake: "zset",
  lockend: "zset",
  /** last fence given */
  fence: "string",
  /** what happened to locks */
  locklog: "stream",
  /** id of a graph -> its record; ids of graphs by when they were made, and by when a sweep drops them */
  graph: "hash",
  gtime: "zset",
  gend: "zset",
  /** id of a part -> its record; id -> edges that are to arrive, "+" and id -> parts that have not taken its output yet */
  part: "hash",
  pend: "hash",
  /** graph, list and chunk -> edges to those who follow, sources that were added, ranges to cancel; graph and chunk -> what grew */
  list: "hash",
  seg: "hash",
  /** what follows from ended parts and is not done */
  todo: "list",
} as const;

export type KeyName = keyof typeof KEY_TYPES;

export const KEY_NAMES = Object.keys(KEY_TYPES) as readonly KeyName[];

/** Sets that are read in order of text, in which all our members have the score 0. */
export const BY_TEXT: ReadonlySet<KeyName> = new Set([
  "ready",
  "runs",
  "ledger",
  "names",
  "permits",
  "waiters",
  "alive",
  "skipped",
]);

/** Where one store keeps its things. */
export interface Keyspace {
  /** The hash tag: "{sunbeat}". */
  readonly tag: string;
  readonly keys: Readonly<Record<KeyName, string>>;
  /** What all channels begin with. */
  readonly channels: string;
}

/**
 * The keys under the hash tag `{namespace}`. A server has one set of channels for all its databases, so that these name
 * theirs: two systems in two databases have tasks of the same ids. Throws SUNBEAT_OPTION_INVALID for a name that would
 * break the tag.
 */
export function keyspace(namespace: string, db = 0): Keyspace {
  if (typeof namespace !== "string" || !/^[A-Za-z0-9_.:-]{1,64}$/.test(namespace)) {
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      `namespace: expected 1 to 64 letters, digits, or any of "_.:-", got ${quote(namespace)}`,
      { details: { namespace } },
    );
  }
  const tag = `{${namespace}}`;
  const keys = Object.fromEntries(KEY_NAMES.map((name) => [name, `${tag}:${name}`]));
  return { tag, keys: keys as Record<KeyName, string>, channels: `${tag}${db === 0 ? "" : db}:` };
}

/** What a script publishes when a queue got messages. */
export function wakeChannel(space: Keyspace, escapedQueue: string): string {
  return `${space.channels}wake:${escapedQueue}`;
}

/** A lock of quorum mode, the same on each of its masters. */
export function quorumKey(space: Keyspace, lock: string): string {
  return `${space.tag}:quorum:${lock}`;
}

/** Where the final record of a task is published. */
export function doneChannel(space: Keyspace, id: string): string {
  return `${space.channels}done:${id}`;
}

/** A topic of the Channel contract. */
export function topicChannel(space: Keyspace, escapedTopic: string): string {
  return `${space.channels}ch:${escapedTopic}`;
}
