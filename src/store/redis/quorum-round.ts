/** One vote of independent masters, counted by redlock; protocol in quorum.ts. */
import type { Clock } from "../../core/clock.js";
import { messageOf, StoreError } from "../../core/errors.js";
import type { Logger } from "../../core/logger.js";
import type { Random } from "../../core/random.js";
import type { RedisClient } from "./client.js";
import { isUnknownScript, storeError } from "./errors.js";
import { keyspace } from "./keys.js";
import type { Redlock, RedlockServer } from "./redlock.js";

export interface QuorumDeps {
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How fast the clocks of two masters may drift apart. */
export const DRIFT = 0.01;
/** A connection that says nothing for so long is taken for half-open, and made anew. */
const SILENCE_LIMIT_MS = 5_000;

export interface Master {
  readonly label: string;
  readonly client: RedisClient;
  /** Monotonic instant since which it has not answered; null when it did last time. */
  silentSince: number | null;
}

export interface Quorum {
  readonly Redlock: Redlock;
  readonly masters: readonly Master[];
}

/** One vote, and who did not answer to it. */
export class QuorumRound {
  readonly #quorum: Quorum;
  readonly #deps: QuorumDeps;
  readonly #servers: readonly RedlockServer[];
  readonly #silent = new Map<Master, StoreError>();

  constructor(quorum: Quorum, deps: QuorumDeps) {
    this.#quorum = quorum;
    this.#deps = deps;
    this.#servers = quorum.masters.map((master) => ({
      evalsha: (sha, [, key, ...args], done) =>
        this.#ask(master, master.client.evalsha(sha, [String(key)], args.map(String)), done),
      eval: ([script, , key, ...args], done) =>
        this.#ask(master, master.client.eval(String(script), [String(key)], args.map(String)), done),
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

  #ask(master: Master, answer: Promise<unknown>, done: (error: Error | null, reply?: unknown) => void): void {
    answer.then(
      (reply) => {
        this.#heard(master);
        done(null, reply);
      },
      (error: unknown) => {
        if (!isUnknownScript(error)) this.#notHeard(master, error);
        done(error instanceof Error ? error : new Error(messageOf(error)));
      },
    );
  }

  #heard(master: Master): void {
    if (master.silentSince === null) return;
    master.silentSince = null;
    this.#deps.logger.info(`quorum: Redis at ${master.label} votes again`);
  }

  #notHeard(master: Master, thrown: unknown): void {
    const { clock, logger, namespace } = this.#deps;
    // Without a connection the driver says no more than that; why there is none was told before.
    const cause = /isn't writeable|is closed/.test(messageOf(thrown))
      ? (master.client.trouble ?? thrown)
      : thrown;
    const error = storeError(cause, master.label, keyspace(namespace).tag);
    this.#silent.set(master, error);
    const now = clock.monotonicMs();
    if (master.silentSince === null) {
      master.silentSince = now;
      logger.warn(`quorum: no vote from a master. ${error.message}`);
    } else if (now - master.silentSince >= SILENCE_LIMIT_MS && master.client.trouble === null) {
      master.silentSince = now;
      master.client.reset();
    }
  }
}
