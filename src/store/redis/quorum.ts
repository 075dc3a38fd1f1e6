/**
 * Locks by the vote of independent Redis masters, through redlock 4.2.0.
 *
 * A vote asks all masters at once; a lock is held when more than half of them have set its key to the token of this
 * attempt. redlock counts the votes and takes back those of a lost vote. What it leaves open is decided here:
 *
 * - Validity is measured on the monotonic clock from before the first vote, and looked at again when the votes are in.
 * - A master that has not answered within 100 ms has not voted. It gets the taking back on the same connection, so a
 *   late answer leaves nothing behind.
 * - An extension that finds no quorum takes nothing back by itself, since the holder may go on trusting the lease it
 *   has. When the masters say that the lock is gone, what is left is taken back; when too few answer, nothing is known.
 */
import type { Clock } from "../../core/clock.js";
import { within } from "../../core/clock.js";
import { ConfigurationError, messageOf, StoreError } from "../../core/errors.js";
import type { Logger } from "../../core/logger.js";
import { invalidOption } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import type { Random } from "../../core/random.js";
import type { AcquireReply, AcquireRequest, Permit, PermitRef } from "../locks.js";
import type { RedisClient } from "./client.js";
import { isUnknownScript, storeError } from "./errors.js";
import { ioredisConnect, ioredisHandedIn, loadIoredis, VOTE_LIMIT_MS } from "./ioredis.js";
import { type Keyspace, keyspace, quorumKey } from "./keys.js";
import { loadRedlock, type Redlock, type RedlockServer } from "./redlock.js";
import { parseRedisUrl } from "./url.js";

/** Well over what a vote may take, or a slow master would eat up the lease. */
const SHORTEST_LEASE_MS = 10 * VOTE_LIMIT_MS;
/** How fast the clocks of two masters may drift apart, and what the precision of their expiry costs. */
const DRIFT = 0.01;
const DRIFT_MS = 2;
/** How long the first vote waits for connections. */
const CONNECT_LIMIT_MS = 1_000;
/** A connection that says nothing for so long is taken for half-open, and made anew. */
const SILENCE_LIMIT_MS = 5_000;
/** Between two looks of one that waits: at random, or two who split the votes would split them again. */
const LOOK_AGAIN_MS = 100;

export interface QuorumDeps {
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type Connect = () => Promise<RedisClient>;

interface Voter {
  readonly label: string;
  readonly client: RedisClient;
  /** Monotonic instant since which it has not answered; null when it did last time. */
  silentSince: number | null;
}

interface Quorum {
  readonly Redlock: Redlock;
  readonly voters: readonly Voter[];
}

/** The verbs of the Locks contract that a process needs to take a mutex; permits have no fence. */
export class RedisQuorum {
  readonly #deps: QuorumDeps;
  readonly #space: Keyspace;
  readonly #places: ReadonlyMap<string, Connect>;
  #opening: Promise<Quorum> | null = null;
  #closed = false;

  /** `nodes`: URLs or clients of 3 or 5 masters. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_BROKER_URL_INVALID. */
  constructor(nodes: readonly unknown[], deps: QuorumDeps) {
    this.#deps = deps;
    this.#space = keyspace(deps.namespace);
    this.#places = placesOf(nodes, deps);
  }

  /** Connects, once; what cannot be reached within a second is looked for further. Code: SUNBEAT_DRIVER_MISSING. */
  async open(): Promise<void> {
    await this.#open();
  }

  async acquire({ lock, leaseMs, aliveMs }: AcquireRequest): Promise<AcquireReply> {
    assertLease(lock, leaseMs);
    const { clock, random } = this.#deps;
    const ballot = new Ballot(await this.#open(), this.#deps);
    const startedAt = clock.monotonicMs();
    const token = await ballot.take(quorumKey(this.#space, lock), leaseMs);
    const now = clock.now();
    if (token !== null && isValid(leaseMs, clock.monotonicMs() - startedAt)) {
      // Independent masters share no counter, so there is no fence; the types of quorum mode say so.
      const permit = { lock, token, fence: undefined } as unknown as Permit;
      return { outcome: "granted", permit, now };
    }
    if (token !== null) await ballot.giveBack(quorumKey(this.#space, lock), token);
    ballot.assertAnswers();
    if (aliveMs === null) return { outcome: "busy", now };
    return { outcome: "waiting", now, nextLookAt: now + Math.ceil(LOOK_AGAIN_MS * (1 + random.next())) };
  }

  /** There is no line to leave; a vote that was abandoned half way ends with its lease. */
  async cancel(): Promise<"unknown"> {
    return "unknown";
  }

  async extend({ lock, token }: PermitRef, leaseMs: number): Promise<"extended" | "lost"> {
    assertLease(lock, leaseMs);
    const { clock } = this.#deps;
    const quorum = await this.#open();
    const ballot = new Ballot(quorum, this.#deps);
    const key = quorumKey(this.#space, lock);
    const startedAt = clock.monotonicMs();
    const isExtended = await ballot.extend(key, token, leaseMs);
    if (isExtended && isValid(leaseMs, clock.monotonicMs() - startedAt)) return "extended";
    if (!isExtended) ballot.assertAnswers();
    await new Ballot(quorum, this.#deps).giveBack(key, token);
    return "lost";
  }

  async release({ lock, token }: PermitRef): Promise<"released" | "lost"> {
    const ballot = new Ballot(await this.#open(), this.#deps);
    if (await ballot.giveBack(quorumKey(this.#space, lock), token)) return "released";
    ballot.assertAnswers();
    return "lost";
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const quorum = await this.#opening?.catch(() => null);
    for (const { client } of quorum?.voters ?? []) client.close();
  }

  #open(): Promise<Quorum> {
    if (this.#closed) {
      throw new StoreError("SUNBEAT_CLOSED", "the quorum is closed; make a new one to go on", {
        retryable: false,
      });
    }
    if (this.#opening === null) {
      const opening = this.#connect();
      this.#opening = opening;
      // A missing package may be there the next time.
      opening.catch(() => (this.#opening = null));
    }
    return this.#opening;
  }

  async #connect(): Promise<Quorum> {
    const Redlock = await loadRedlock();
    const voters = await Promise.all(
      [...this.#places].map(async ([label, connect]) => {
        return { label, client: await connect(), silentSince: null };
      }),
    );
    // What is missing then has no vote until it is there; why is told by the vote.
    const connected = Promise.allSettled(voters.map(({ client }) => client.ready())).then(() => undefined);
    await within(this.#deps.clock, CONNECT_LIMIT_MS, connected, () => new Error("late")).catch(
      () => undefined,
    );
    return { Redlock, voters };
  }
}

/** One vote, and who did not answer to it. */
class Ballot {
  readonly #quorum: Quorum;
  readonly #deps: QuorumDeps;
  readonly #servers: readonly RedlockServer[];
  readonly #silent = new Map<Voter, StoreError>();

  constructor(quorum: Quorum, deps: QuorumDeps) {
    this.#quorum = quorum;
    this.#deps = deps;
    this.#servers = quorum.voters.map((voter) => ({
      evalsha: (sha, [, key, ...args], done) =>
        this.#ask(voter, voter.client.evalsha(sha, [String(key)], args.map(String)), done),
      eval: ([script, , key, ...args], done) =>
        this.#ask(voter, voter.client.eval(String(script), [String(key)], args.map(String)), done),
    }));
  }

  /** The token it was taken with; null when there was no quorum, and what was taken is given back. */
  async take(key: string, leaseMs: number): Promise<string | null> {
    const redlock = this.#redlock({});
    return this.#won(async () => (await redlock.lock([key], leaseMs)).value);
  }

  async extend(key: string, token: string, leaseMs: number): Promise<boolean> {
    const redlock = this.#redlock({ unlockScript: () => "return 0" });
    return (await this.#won(async () => redlock.extend(this.#lock(key, token), leaseMs))) !== null;
  }

  async giveBack(key: string, token: string): Promise<boolean> {
    const redlock = this.#redlock({});
    return (await this.#won(async () => (await redlock.unlock(this.#lock(key, token)), true))) !== null;
  }

  /** Throws SUNBEAT_STORE_UNAVAILABLE when the silent ones could have changed the outcome. */
  assertAnswers(): void {
    const all = this.#servers.length;
    const needed = Math.floor(all / 2) + 1;
    if (all - this.#silent.size >= needed) return;
    const reasons = [...this.#silent.values()];
    const why = reasons.map(({ message }) => message).join(" ");
    throw new StoreError(
      "SUNBEAT_STORE_UNAVAILABLE",
      `a quorum needs ${needed} of ${all} Redis masters, and ${all - this.#silent.size} answered: ${why}`,
      {
        retryable: reasons.some(({ retryable }) => retryable),
        details: { silent: [...this.#silent.keys()].map(({ label }) => label) },
      },
    );
  }

  /** One attempt each: when to try again is up to our clock. */
  #redlock(options: { readonly unlockScript?: (script: string) => string }) {
    return new this.#quorum.Redlock(this.#servers, { ...options, driftFactor: DRIFT, retryCount: 0 });
  }

  /** redlock keeps the end of a lease by wall time, which jumps; ours is known to whoever holds it. */
  #lock(key: string, token: string) {
    return new this.#quorum.Redlock.Lock(null, [key], token, Infinity, 0, 0);
  }

  async #won<T>(vote: () => Promise<T>): Promise<T | null> {
    try {
      return await vote();
    } catch (error) {
      if (error instanceof this.#quorum.Redlock.LockError) return null;
      throw error;
    }
  }

  #ask(voter: Voter, answer: Promise<unknown>, done: (error: Error | null, reply?: unknown) => void): void {
    answer.then(
      (reply) => {
        this.#heard(voter);
        done(null, reply);
      },
      (error: unknown) => {
        if (!isUnknownScript(error)) this.#notHeard(voter, error);
        done(error instanceof Error ? error : new Error(messageOf(error)));
      },
    );
  }

  #heard(voter: Voter): void {
    if (voter.silentSince === null) return;
    voter.silentSince = null;
    this.#deps.logger.info(`quorum: Redis at ${voter.label} votes again`);
  }

  #notHeard(voter: Voter, thrown: unknown): void {
    const { clock, logger } = this.#deps;
    // Without a connection the driver says no more than that; why there is none was told before.
    const cause = /isn't writeable|is closed/.test(messageOf(thrown))
      ? (voter.client.trouble ?? thrown)
      : thrown;
    const error = storeError(cause, voter.label);
    this.#silent.set(voter, error);
    const now = clock.monotonicMs();
    if (voter.silentSince === null) {
      voter.silentSince = now;
      logger.warn(`quorum: no vote from a master. ${error.message}`);
    } else if (now - voter.silentSince >= SILENCE_LIMIT_MS && voter.client.trouble === null) {
      voter.silentSince = now;
      voter.client.reset();
    }
  }
}

/** Whether a lease that was voted on for `elapsedMs` is worth anything by the slowest of the clocks. */
function isValid(leaseMs: number, elapsedMs: number): boolean {
  return leaseMs - elapsedMs - (leaseMs * DRIFT + DRIFT_MS) > 0;
}

function assertLease(lock: string, leaseMs: number): void {
  if (leaseMs >= SHORTEST_LEASE_MS) return;
  const expected = `at least ${SHORTEST_LEASE_MS} ms in quorum mode, where a master has ${VOTE_LIMIT_MS} ms to vote`;
  throw invalidOption(`lock ${quote(lock)}: lease`, expected, leaseMs);
}

function placesOf(nodes: readonly unknown[], { clock, random }: QuorumDeps): Map<string, Connect> {
  if (!Array.isArray(nodes) || (nodes.length !== 3 && nodes.length !== 5)) {
    const count = Array.isArray(nodes) ? nodes.length : 0;
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      `quorum: expected the URLs or clients of 3 or 5 independent Redis masters, got ${count}: fewer outlive no failure, ` +
        "and an even number may split its votes in halves and outlives no more failures than one master less",
      { details: { option: "quorum", count } },
    );
  }
  const places = new Map<string, Connect>();
  for (const node of nodes as unknown[]) {
    const [label, connect] = typeof node === "string" ? ofUrl(node) : ofClient(node);
    if (places.has(label))
      throw invalidOption("quorum", "masters that are not one another, each once", label);
    places.set(label, connect);
  }
  return places;

  function ofUrl(url: string): [string, Connect] {
    const target = parseRedisUrl(url);
    const [place] = target.hosts;
    if (target.kind !== "single" || target.namespace !== null || place === undefined) {
      const expected = "redis://[user:password@]host[:port] of one master each, and no namespace in it";
      throw invalidOption("quorum", expected, target.label);
    }
    const connect: Connect = async () => ioredisConnect(await loadIoredis(), target, clock, random)("quorum");
    return [`${place.host}:${place.port}`, connect];
  }

  function ofClient(client: unknown): [string, Connect] {
    const connect = ioredisHandedIn(client, clock);
    const { options } = client as { options?: { host?: string; port?: number; path?: string } };
    if ("nodes" in (client as object)) {
      throw new ConfigurationError(
        "SUNBEAT_OPTION_INVALID",
        "quorum: expected clients of single masters, got a Cluster: its nodes are not independent",
      );
    }
    return [options?.path ?? `${options?.host}:${options?.port}`, async () => connect("quorum")];
  }
}
