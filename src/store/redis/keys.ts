/**
 * Every key and channel of a store. All begin with one hash tag, so that each script finds its keys in one slot of a
 * Cluster; scripts take what they need of them by name.
 */
import { ConfigurationError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** What each key holds, and its type as TYPE tells it. Records and members are written in scripts/lib. */
export const KEY_TYPES = {
  /** version of the keys and their records: scripts/lib/version.lua; basis of the cursors: scripts/basis-walk-put.lua */
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
  /** the same of messages blocked by a lock, by the instant at which they have waited too long, by a rate, or by a unique key */
  blocked: "zset",
  /** state and queue -> number of scheduled, leased, blocked and dead messages */
  count: "hash",
  /** what is paused: scripts/lib/pause.lua; turns of fair queues, and lanes of messages: scripts/lib/lanes.lua */
  qconf: "hash",
  fair: "hash",
  lane: "hash",
  msglane: "hash",
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
  /** entry -> definition record; entry -> what changes of it; entry -> when a run of it succeeded last, and the name that it had before */
  entry: "hash",
  entrystate: "hash",
  entrysuccess: "hash",
  entryprevious: "hash",
  /** entry -> when it is due; all names in order of text */
  due: "zset",
  names: "zset",
  /** calendar -> what is told of it without its data; and the data */
  calendar: "hash",
  calendardata: "hash",
  /** who leads; last epoch given */
  beat: "hash",
  epoch: "string",
  /** who watches; last epoch given */
  watcher: "hash",
  watchepoch: "string",
  /** id -> alert (alerts.ts); kind and subject -> id of the one that stands; both kinds of ids, those that stand and those that are over */
  alert: "hash",
  alertof: "hash",
  alertlive: "zset",
  alertpast: "zset",
  /** kind and subject -> until and by whom nobody is told of them */
  alertmute: "hash",
  /** calls of webhooks by when they are due; id -> tries, url and body */
  alertout: "zset",
  alertcall: "hash",
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
  /** records of ended attempts: scripts/lib/history.lua; last number given to one */
  tasks: "stream",
  taskseq: "string",
  /** headers of packed records, and by the same numbers what is packed */
  packs: "stream",
  packbody: "hash",
  /** messages of failed tasks: scripts/lib/failed.lua */
  failed: "hash",
  failedpos: "zset",
  failedsize: "hash",
  /** statistics, names in them, and who has told some: scripts/stats-add.lua */
  stats: "hash",
  statname: "hash",
  statboot: "hash",
  /** task -> its rate limit; bucket -> what is taken of its tokens */
  limits: "hash",
  rate: "hash",
  /** id of a message -> the rate that it carries; and the bucket for which it waits */
  ratemsg: "hash",
  ratein: "hash",
  /** what waits for tokens, in order of bucket, queue and rank; bucket and queue -> instants; both sets by those */
  ratewait: "zset",
  backlog: "hash",
  ratedue: "zset",
  rateturn: "zset",
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
  /** unique key -> who has it and who waits for it; id of a message -> what it says of its key; keys by the ends of their times */
  uniq: "hash",
  uniqof: "hash",
  uniqend: "zset",
  /** node -> "<boot> <seen at> <until> <record>"; nodes by when they are, or were, lost */
  node: "hash",
  seen: "zset",
  /** watch -> types; watches by their ends; type -> when the last watch of it ends */
  watch: "hash",
  watchend: "zset",
  watchtype: "zset",
  /** marks "<until> <headers>", oldest first */
  mark: "list",
  /** who did what: scripts/audit-add.lua */
  audit: "stream",
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
  "ratewait",
  "ratedue",
  "rateturn",
  "failedpos",
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
