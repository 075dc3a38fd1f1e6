import type { Clock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import type { Store } from "../store/contracts/store.js";

const LIMIT_MS = 5_000;

export interface SubscriptionDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "debug">;
  readonly store: Pick<Store, "channel">;
}

/** A topic that is listened to as soon as the store lets us, and until the end. */
export class Subscription {
  readonly #deps: SubscriptionDeps;
  readonly #topic: string;
  readonly #handler: (payload: string) => void;
  #end: (() => void) | null = null;
  #isOver = false;

  constructor(deps: SubscriptionDeps, topic: string, handler: (payload: string) => void) {
    this.#deps = deps;
    this.#topic = topic;
    this.#handler = handler;
  }

  /** Tries, unless it listens already; may be called at any time. Never rejects. */
  async listen(): Promise<void> {
    if (this.#end !== null || this.#isOver) return;
    const { clock, store, logger } = this.#deps;
    this.#end = () => undefined; // nobody else tries meanwhile
    const work = store.channel.subscribe(this.#topic, this.#handler);
    try {
      const end = await bounded(clock, LIMIT_MS, "subscribe", work);
      if (this.#isOver) end();
      else this.#end = end;
    } catch (error) {
      work.then((end) => end()).catch(() => undefined);
      this.#end = null;
      logger.debug(`Topic "${this.#topic}" is not listened to yet: ${messageOf(error)}`);
    }
  }

  close(): void {
    this.#isOver = true;
    this.#end?.();
    this.#end = null;
  }
}
