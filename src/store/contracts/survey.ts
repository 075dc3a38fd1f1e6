/**
 * What can be read about a store without changing it: the facts that `sunbeat doctor` judges. A survey opens what it
 * needs by itself, and closes it; nothing is made, brought up to date or repaired on the way.
 */
import type { EpochMs } from "../../core/clock.js";

/** The value of a setting, or why it could not be read: a missing right never looks like a good value. */
export type Reading<T = string> = { readonly value: T } | { readonly unknown: string };

/** A stored entry, as far as another program's definition of the same name shows. */
export interface StoredEntry {
  readonly name: string;
  readonly owner: string;
  readonly version: number;
  readonly revision: string;
}

/** Contents that an operator must look at, or that belong to other apps. */
export interface StoreContents {
  /** Whose the stored entries are, and how many each has. */
  readonly owners: readonly { readonly owner: string; readonly entries: number }[];
  /** How many dead letters there are. */
  readonly dead: number;
  /** The newest of them. */
  readonly newestDead: readonly { readonly task: string; readonly queue: string; readonly reason: string }[];
}

/** How many entries of a Redis are looked through for their owners, and how many dead letters for their reasons. */
export const MOST_ENTRIES = 1_000;
export const MOST_DEAD = 100;

export type StoreFacts = MemoryFacts | SqliteFacts | RedisFacts;

export interface MemoryFacts {
  readonly kind: "memory";
}

/** The settings of a server, by the names its configuration or its INFO gives them. */
export const REDIS_SETTINGS = [
  "redis_version",
  "redis_mode",
  "role",
  "maxmemory-policy",
  "appendonly",
  "save",
  "appendfsync",
  "no-appendfsync-on-rewrite",
  "aof_last_write_status",
  "connected_slaves",
  "min-replicas-to-write",
  "min-replicas-max-lag",
  "timeout",
] as const;

export type RedisSetting = (typeof REDIS_SETTINGS)[number];

export interface RedisServerFacts {
  /** "host:port" of one of the masters of a Cluster; null for a single server, or the master behind Sentinel. */
  readonly address: string | null;
  readonly settings: Readonly<Record<RedisSetting, Reading>>;
  /** How far its clock is ahead of this machine's, and by how much that may be wrong: half of a round trip. */
  readonly clock: Reading<{ readonly aheadMs: number; readonly uncertaintyMs: number }>;
  readonly memory: Reading<RedisMemory>;
}

export interface RedisMemory {
  /** What counts towards the limit. */
  readonly usedBytes: number;
  /** `maxmemory`; 0: none. */
  readonly limitBytes: number;
}

/** Foreign data under one of our keys: no step of ours has written it. */
export interface ForeignData {
  readonly key: string;
  /** Type of the key where it is not the one that we give it; else null. */
  readonly type: string | null;
  /** Members that hide ours; 0 where the type is wrong. */
  readonly members: number;
}

export interface RedisFacts {
  readonly kind: "redis";
  /** Read where entries were asked for, and the store is one of ours. */
  readonly contents?: Reading<StoreContents>;
  /** Whether it was asked by the way of a Cluster, which follows keys that move. */
  readonly isCluster: boolean;
  /** Whether somebody is there to put a replica in the place of a master: a Cluster, or sentinels. */
  readonly failsOver: boolean;
  readonly servers: readonly RedisServerFacts[];
  /** Who we are there. */
  readonly user: Reading;
  /**
   * Why a step was refused that changes nothing and needs the rights of every other, and why listening was: for each
   * that was, what for, what it means and the server's words.
   */
  readonly refusals: readonly string[];
  /** Why the store does not open: its keys are of another version. Entries and contents are not read then. */
  readonly wrongVersion?: string;
  /** Our keys under which there is what somebody else has written. */
  readonly foreign: Reading<readonly ForeignData[]>;
  /** The entries that were asked for by name and are stored. */
  readonly entries: Reading<readonly StoredEntry[]>;
}

export interface SqliteFacts {
  readonly kind: "sqlite";
  /** Read where entries were asked for, and the store is one of ours. */
  readonly contents?: Reading<StoreContents>;
  /** Absolute. */
  readonly path: string;
  /** Version of the SQLite that this process uses, and whether its write-ahead log is safe. */
  readonly version: string;
  readonly hasSafeLog: boolean;
  /** Kind of network disk; null for a local one, and where the system does not say. */
  readonly networkDisk: string | null;
  /** Whether the file itself was mounted, and not its folder; it is refused then, and not read. */
  readonly isMountedAlone: boolean;
  /** Bytes that this user may still write to the disk. */
  readonly freeBytes: Reading<number>;
  /** Whether this user may write to the folder and to what is in it of ours. */
  readonly writable: boolean;
  /** Null: there is no file yet. */
  readonly file: SqliteFileFacts | null;
  /** The entries that were asked for by name and are stored. */
  readonly entries: Reading<readonly StoredEntry[]>;
}

export interface SqliteFileFacts {
  readonly bytes: number;
  /** Permission bits; null where the system has none. */
  readonly mode: number | null;
  readonly madeAt: EpochMs;
  /** Last write to it or to its log. */
  readonly changedAt: EpochMs;
  readonly newestBackupAt: EpochMs | null;
  /** What it says inside; unknown: it cannot be read as a database. */
  readonly inside: Reading<SqliteInside>;
}

export interface SqliteInside {
  readonly isOurs: boolean;
  readonly journalMode: string;
  /** As sunbeat sets it for a connection of its own: "full" or another of SQLite's words. */
  readonly synchronous: string;
  readonly schemaVersion: number;
  /** The newest that this sunbeat knows. */
  readonly knownVersion: number;
}
