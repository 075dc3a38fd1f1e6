/** Calls scripts: names to positions, NOSCRIPT, time limits, and patience with a server that is away for a moment. */
import { type Clock, type EpochMs, sleep, within } from "../../core/clock.js";
import { isSunbeatError, type StoreError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { RedisClient } from "./client.js";
import {
  closedError,
  isPassing,
  isUnknownFlags,
  isUnknownScript,
  storeError,
  timeoutError,
} from "./errors.js";
import type { KeyName, Keyspace } from "./keys.js";
import type { Script } from "./script.js";

/** The longest a call may take, its repetitions included. */
export const CALL_LIMIT_MS = 5_000;
const FIRST_PAUSE_MS = 50;

export interface CallerParts {
  readonly client: RedisClient;
  readonly space: Keyspace;
  readonly label: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The clock that rules instead of the server's; null in production. */
  readonly clockOverride: Clock | null;
  readonly limitMs?: number;
}

export interface CallOptions {
  /**
   * Whether the call may be repeated when its answer is lost. Default true. A claim may not: its deliveries would wait
   * for the end of their leases.
   */
  readonly repeatable?: boolean;
  readonly limitMs?: number;
  /** Called before the call is repeated although the server may have done it: the answer is to the repetition. */
  readonly onRepeat?: () => void;
}

/** Whether an answer to a call was lost, so that the one that came may only say that it was done before. */
export class OutcomeUnknown {
  raised = false;
  readonly onRepeat = (): void => void (this.raised = true);
}

export class Caller {
  readonly label: string;
  readonly space: Keyspace;
  readonly #parts: CallerParts;
  readonly #limitMs: number;
  readonly #keys = new Map<readonly KeyName[], readonly string[]>();
  /** Until a server shows that it is older than 7. */
  #flagged = true;
  #closed = false;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.label = parts.label;
    this.space = parts.space;
    this.#limitMs = parts.limitMs ?? CALL_LIMIT_MS;
  }

  /** Throws SUNBEAT_CLOSED after `close`. */
  assertOpen(): void {
    if (this.#closed) throw closedError(this.label);
  }

  async call<Args, Reply>(
    script: Script<Args, Reply>,
    args: Args,
    rest: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<Reply> {
    const values = args as Record<string, string | number>;
    const all = script.args.map((name) => this.#given(name) ?? String(values[name]));
    for (const value of rest) all.push(value);
    const raw = await this.#patiently(script.name, options, () =>
      this.#send(script, this.#keysOf(script.keys), all),
    );
    return script.reply(raw);
  }

  close(): void {
    this.#closed = true;
    this.#parts.client.close();
  }

  /** The list of a script never changes, and stands for it. */
  #keysOf(names: readonly KeyName[]): readonly string[] {
    let keys = this.#keys.get(names);
    if (keys === undefined) {
      keys = names.map((name) => this.space.keys[name]);
      this.#keys.set(names, keys);
    }
    return keys;
  }

  #given(name: string): string | undefined {
    if (name === "channels") return this.space.channels;
    if (name !== "now") return undefined;
    const { clockOverride } = this.#parts;
    return clockOverride ? String(clockOverride.now() satisfies EpochMs) : "";
  }

  async #patiently<T>(what: string, options: CallOptions, act: () => Promise<T>): Promise<T> {
    this.assertOpen();
    const { clock, random, client, label, space } = this.#parts;
    const limitMs = options.limitMs ?? this.#limitMs;
    const deadline = clock.monotonicMs() + limitMs;
    for (let attempt = 0; ; attempt++) {
      let sent = false;
      const work = async (): Promise<T> => {
        // On its way before any timer is made: the server works while we do.
        if (!client.isReady) await client.ready();
        sent = true;
        return act();
      };
      let error: StoreError;
      try {
        const leftMs = Math.max(0, deadline - clock.monotonicMs());
        return await within(clock, leftMs, work(), () => {
          if (!sent && client.trouble !== null) return storeError(client.trouble, label, space.tag);
          return timeoutError(label, what, limitMs, sent);
        });
      } catch (thrown) {
        if (this.#closed) throw closedError(label);
        error = isSunbeatError(thrown) ? (thrown as StoreError) : storeError(thrown, label, space.tag);
      }
      // Silence may mean a connection that died without a word.
      if (error.code === "SUNBEAT_STORE_TIMEOUT") client.reset();
      const pauseMs = FIRST_PAUSE_MS * 2 ** Math.min(attempt, 4) * (0.5 + random.next());
      const mayRepeat = !sent || (options.repeatable ?? true);
      if (!mayRepeat || !isPassing(error) || clock.monotonicMs() + pauseMs >= deadline) throw error;
      if (sent) options.onRepeat?.();
      await sleep(clock, pauseMs);
      this.assertOpen();
    }
  }

  /** By digest; in full when the server does not know it, which a restart, a flush or a fail-over brings about. */
  async #send(
    script: Script<unknown, unknown>,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const { client } = this.#parts;
    try {
      return await client.evalsha((this.#flagged ? script.flagged : script.plain).sha, keys, args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
    }
    // Another call may find out meanwhile that the server is older than 7: what was sent decides.
    const flagged = this.#flagged;
    try {
      return await client.eval((flagged ? script.flagged : script.plain).source, keys, args);
    } catch (error) {
      if (!flagged || !isUnknownFlags(error)) throw error;
      this.#flagged = false;
    }
    return client.eval(script.plain.source, keys, args);
  }
}
