/**
 * The one subscriber connection of a store, shared by all who wait. A message is a hint; whoever waits reads again when
 * the connection came back, and at the fallback poll: nothing depends on a message that may be lost.
 */
import { type Clock, within } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { Logger } from "../../core/logger.js";
import type { RedisClient } from "./client.js";
import { closedError, storeError, timeoutError } from "./errors.js";

const SUBSCRIBE_LIMIT_MS = 5_000;
/** Look again after so long though nobody said anything. */
export const FALLBACK_POLL_MS = 5_000;

export interface Listener {
  heard(payload: string): void;
  /** Messages may have been lost: read again. */
  missed?(): void;
  /** The store was closed. */
  closed?(): void;
}

export interface HubParts {
  readonly client: RedisClient;
  readonly label: string;
  /** The hash tag of our keys and channels. */
  readonly tag: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Hub {
  readonly #parts: HubParts;
  readonly #listeners = new Map<string, Set<Listener>>();
  #checking = false;
  #closed = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
    const { client } = parts;
    client.onMessage((channel, payload) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])])
        this.#tell(() => listener.heard(payload));
    });
    client.onReady(() => void this.#again());
  }

  /** Resolves once the subscription holds. The returned function ends it and may be called twice. */
  async listen(channels: readonly string[], listener: Listener): Promise<() => void> {
    if (this.#closed) throw closedError(this.#parts.label);
    const fresh: string[] = [];
    for (const channel of channels) {
      const listeners = this.#listeners.get(channel);
      if (!listeners) fresh.push(channel);
      this.#listeners.set(channel, (listeners ?? new Set()).add(listener));
    }
    const end = (): void => this.#leave(channels, listener);
    // Also where others subscribed to it a moment ago: only an answer tells that the subscription holds.
    try {
      await this.#subscribe(channels);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Looks whether the connection is alive, and replaces it when it is not. Never rejects. */
  async check(): Promise<void> {
    if (this.#checking || this.#closed) return;
    this.#checking = true;
    const { client, clock, label } = this.#parts;
    try {
      const work = client.ready().then(() => client.ping());
      await within(clock, SUBSCRIBE_LIMIT_MS, work, () =>
        timeoutError(label, "ping", SUBSCRIBE_LIMIT_MS, true),
      );
    } catch {
      if (!this.#closed) client.reset();
    } finally {
      this.#checking = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#parts.client.close();
    const listeners = new Set([...this.#listeners.values()].flatMap((each) => [...each]));
    this.#listeners.clear();
    for (const listener of listeners) this.#tell(() => listener.closed?.());
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    const { client, clock, label, tag } = this.#parts;
    try {
      const work = client.ready().then(() => client.subscribe(channels));
      await within(clock, SUBSCRIBE_LIMIT_MS, work, () =>
        timeoutError(label, "subscribe", SUBSCRIBE_LIMIT_MS, true),
      );
    } catch (error) {
      throw this.#closed ? closedError(label) : storeError(error, label, tag);
    }
  }

  /** The connection is a new one. */
  async #again(): Promise<void> {
    try {
      await this.#subscribe([...this.#listeners.keys()]);
    } catch (error) {
      // A connection that was lost again comes back here; one that stays and refuses shows at the next fallback poll.
      if (!this.#closed) this.#parts.logger.warn(`Redis subscriber: ${messageOf(error)}`);
      return;
    }
    const listeners = new Set([...this.#listeners.values()].flatMap((each) => [...each]));
    for (const listener of listeners) this.#tell(() => listener.missed?.());
  }

  #leave(channels: readonly string[], listener: Listener): void {
    const idle: string[] = [];
    for (const channel of channels) {
      const listeners = this.#listeners.get(channel);
      if (!listeners?.delete(listener) || listeners.size > 0) continue;
      this.#listeners.delete(channel);
      idle.push(channel);
    }
    if (idle.length === 0 || this.#closed) return;
    // Not waited for: until it is done, messages of the channel find nobody. A lost connection has forgotten it anyway.
    this.#parts.client.unsubscribe(idle).catch(() => undefined);
  }

  #tell(act: () => void): void {
    try {
      act();
    } catch (error) {
      // A handler belongs to somebody else; the others still get their hint.
      this.#parts.logger.error(`Redis subscriber: a handler threw: ${messageOf(error)}`);
    }
  }
}
