/** The app's side of events between processes: what others want to hear of it, and what it watches. */
import type { Clock } from "../core/clock.js";
import { SunbeatError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import {
  type Events,
  type EventStream,
  OpeningStream,
  WatchedEvents,
  watchRequest,
  type WatchOptions,
} from "../events/index.js";
import type { Config } from "../config/index.js";
import type { Store } from "../store/contracts/store.js";

export interface FeedParts {
  readonly name: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly lazyStore: Store;
  readonly brokerLabel: string;
  readonly running: { readonly isClosing: boolean };
}

/** On SQLite one message is a durable commit. */
const FLUSH_MS = { memory: 0, sqlite: 250, other: 100 } as const;

export class EventFeed {
  readonly watched: WatchedEvents;
  readonly #parts: FeedParts;
  readonly #streams = new Set<OpeningStream>();
  #isTold = false;

  constructor(parts: FeedParts) {
    const { name, config, clock, events, logger, lazyStore } = parts;
    this.#parts = parts;
    this.watched = new WatchedEvents({
      ...{ events, clock, logger, channel: lazyStore.channel, app: name },
      flushMs: () => flushMs(parts.brokerLabel),
      isSealed: config.encryption !== null,
      isSilent: (type) => type === "task-sent" && !config.taskSendSentEvent,
    });
    events.watchBy((options) => this.#watch(options));
  }

  /** Its worker or beat tells without anybody's watch, where the app or the command line says so. */
  tellEndlessly(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.watched.watchEndlessly(["*"]);
  }

  /** A send: its sender hears of watches from now on, where it tells of sends at all. */
  sends(): void {
    if (this.#parts.config.taskSendSentEvent) this.watched.listenSoon();
  }

  async close(): Promise<void> {
    for (const stream of [...this.#streams]) stream.end();
    await this.watched.close();
  }

  #watch(options: WatchOptions = {}): EventStream {
    const request = watchRequest(options);
    const { clock, random, logger, events, lazyStore } = this.#parts;
    if (this.#parts.running.isClosing)
      throw new SunbeatError("SUNBEAT_CLOSED", "events.watch: the app is closed");
    const { channel, presence } = lazyStore;
    const deps = { clock, random, logger, lamport: events.lamport, channel, presence };
    const stream = new OpeningStream(() => deps, request);
    this.#streams.add(stream);
    stream.onEnd(() => void this.#streams.delete(stream));
    return stream;
  }
}

function flushMs(brokerLabel: string): number {
  if (brokerLabel.startsWith("memory:")) return FLUSH_MS.memory;
  return brokerLabel.startsWith("sqlite:") ? FLUSH_MS.sqlite : FLUSH_MS.other;
}
