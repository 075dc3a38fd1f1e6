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
import { within } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import { invalidOption } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import type { AcquireReply, AcquireRequest, Permit, PermitRef } from "../contracts/locks.js";
import { VOTE_LIMIT_MS } from "./ioredis.js";
import { type Keyspace, keyspace, quorumKey } from "./keys.js";
import { type Connect, placesOf } from "./quorum-places.js";
import { DRIFT, type Quorum, type QuorumDeps, QuorumRound } from "./quorum-round.js";
import { loadRedlock } from "./redlock.js";

/** Well over what a vote may take, or a slow master would eat up the lease. */
const SHORTEST_LEASE_MS = 10 * VOTE_LIMIT_MS;
/** What the precision of an expiry costs. */
const DRIFT_MS = 2;
/** How long the first vote waits for connections. */
const CONNECT_LIMIT_MS = 1_000;
/** Between two looks of one that waits: at random, or two who split the votes would split them again. */
const LOOK_AGAIN_MS = 100;

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

  async acquire({ lock, leaseMs, waiterTtlMs }: AcquireRequest): Promise<AcquireReply> {
    assertLease(lock, leaseMs);
    const { clock, random } = this.#deps;
    const round = new QuorumRound(await this.#open(), this.#deps);
    const startedAt = clock.monotonicMs();
    const token = await round.take(quorumKey(this.#space, lock), leaseMs);
    const now = clock.now();
    if (token !== null && isValid(leaseMs, clock.monotonicMs() - startedAt)) {
      // Independent masters share no counter, so there is no fence; the types of quorum mode say so.
      const permit = { lock, token, fence: undefined } as unknown as Permit;
      return { outcome: "granted", permit, now };
    }
    if (token !== null) await round.giveBack(quorumKey(this.#space, lock), token);
    round.assertAnswers();
    if (waiterTtlMs === null) return { outcome: "busy", now };
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
    const round = new QuorumRound(quorum, this.#deps);
    const key = quorumKey(this.#space, lock);
    const startedAt = clock.monotonicMs();
    const isExtended = await round.extend(key, token, leaseMs);
    if (isExtended && isValid(leaseMs, clock.monotonicMs() - startedAt)) return "extended";
    if (!isExtended) round.assertAnswers();
    await new QuorumRound(quorum, this.#deps).giveBack(key, token);
    return "lost";
  }

  async release({ lock, token }: PermitRef): Promise<"released" | "lost"> {
    const round = new QuorumRound(await this.#open(), this.#deps);
    if (await round.giveBack(quorumKey(this.#space, lock), token)) return "released";
    round.assertAnswers();
    return "lost";
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const quorum = await this.#opening?.catch(() => null);
    for (const { client } of quorum?.masters ?? []) client.close();
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
    const masters = await Promise.all(
      [...this.#places].map(async ([label, connect]) => {
        return { label, client: await connect(), silentSince: null };
      }),
    );
    // A master that is missing then has no vote until it is there; the vote tells why.
    const connected = Promise.allSettled(masters.map(({ client }) => client.ready())).then(() => undefined);
    await within(this.#deps.clock, CONNECT_LIMIT_MS, connected, () => new Error("late")).catch(
      () => undefined,
    );
    return { Redlock, masters };
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
