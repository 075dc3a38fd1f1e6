/**
 * Every key and channel of a store. All begin with one hash tag, so that each script finds its keys in one slot of a
 * Cluster; scripts take what they need of them by name.
 */
import { ConfigurationError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

export const KEY_NAMES = [
  /** string: last number given to a message, an entry or a dead letter */
  "seq",
  /** hash: id -> record as sent; and what has changed since, absent for most that wait */
  "msg",
  "state",
  /** zsets of lines "<queue> <rank> <id>": ready in order of text, scheduled by eta, leased by end of lease */
  "ready",
  "eta",
  "lease",
  /** zset of the same lines: in the line of a lock, by the instant at which the message has waited too long */
  "parked",
  /** hash: kind and queue -> number of scheduled, leased, blocked and dead messages */
  "count",
  /** hash: id -> result */
  "res",
  /** zset: revoked unknown id -> remembered until */
  "rev",
  /** zset: dead letters in order of dying; hash: when and why */
  "dead",
  "why",
  /** zset: unfinished runs of entries; hashes: the run an entry holds, by entry and by id; zset: when to look at it */
  "runs",
  "hold",
  "holdid",
  "holdwake",
  /** zset: the ledger, in order of entry and due */
  "log",
  /** hashes: definition and state of an entry; zsets: when it is due, and all names in order */
  "entry",
  "estate",
  "due",
  "names",
  /** hash: who leads; string: last epoch given */
  "beat",
  "epoch",
  /** hash: capacity of a lock; zsets: its permits by their ends, its line by turn, its waiting processes by their ends */
  "lock",
  "perm",
  "line",
  "alive",
  /** hashes: the standing of a message, and of a process */
  "tlock",
  "plock",
  /** zsets: when a permit ends next of a lock with a line, and of one without; string: last fence given */
  "lockwake",
  "lockend",
  "fence",
  /** stream: what happened to locks */
  "locklog",
] as const;

export type KeyName = (typeof KEY_NAMES)[number];

/** As TYPE tells it of a key that is there. */
export const KEY_TYPES: Readonly<Record<KeyName, "string" | "hash" | "zset" | "stream">> = {
  ...{ seq: "string", epoch: "string", fence: "string", locklog: "stream" },
  ...{ msg: "hash", state: "hash", count: "hash", res: "hash", why: "hash", entry: "hash", estate: "hash" },
  ...{ hold: "hash", holdid: "hash", beat: "hash", lock: "hash", tlock: "hash", plock: "hash" },
  ...{ ready: "zset", eta: "zset", lease: "zset", parked: "zset", rev: "zset", dead: "zset", log: "zset" },
  ...{ runs: "zset", holdwake: "zset", due: "zset", names: "zset" },
  ...{ perm: "zset", line: "zset", alive: "zset", lockwake: "zset", lockend: "zset" },
};

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
