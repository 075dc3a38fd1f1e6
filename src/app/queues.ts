/** What operators do with queues. */
import { type AuditContext, audited, operatorOf } from "../control/index.js";
import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  choiceOption,
  durationOption,
  integerOption,
  nameOption,
  textOption,
} from "../core/options.js";
import { readQueues } from "../monitor/queue-facts.js";
import type { BrowsePage, MessageState, PausedQueue } from "../store/contracts/queues.js";
import type { Store } from "../store/contracts/store.js";

export interface PauseOptions {
  /** It ends by itself after so long. Default: when somebody resumes the queue. */
  readonly for?: Duration | undefined;
  /** For those who find the queue paused: at most 255 characters. */
  readonly reason?: string | undefined;
}

export interface QueuePause {
  readonly queue: string;
  readonly since: Date;
  /** Who paused it: user and machine. */
  readonly by: string;
  readonly reason: string | null;
  /** Null: until somebody resumes it. */
  readonly until: Date | null;
}

export interface QueueView {
  readonly queue: string;
  readonly ready: number;
  readonly scheduled: number;
  readonly leased: number;
  readonly blocked: number;
  readonly dead: number;
  /** Kept since their tasks failed, to be run again. */
  readonly failed: number;
  /** Null: none is ready. */
  readonly oldestReadyAt: Date | null;
  readonly paused: QueuePause | null;
}

export interface BrowseOptions {
  /** Default "ready". */
  readonly state?: MessageState | undefined;
  readonly task?: string | undefined;
  /** Where an earlier page ended: its `next`. */
  readonly after?: string | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
}

const BROWSED = ["scheduled", "ready", "leased", "blocked", "dead"] as const;

export class Queues {
  readonly #store: Pick<Store, "queues">;
  readonly #audit: () => AuditContext;

  constructor(store: Pick<Store, "queues">, audit: () => AuditContext) {
    this.#store = store;
    this.#audit = audit;
  }

  /**
   * From now on no worker takes tasks from the queue. What runs goes on; what a worker has taken and not begun goes back; what is sent
   * waits. A pause that is in force is replaced. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID.
   */
  async pause(name: string, options: PauseOptions = {}): Promise<QueuePause> {
    assertKnownKeys(options, ["for", "reason"], "queues.pause");
    const { for: during, reason } = options;
    const queue = nameOption(name, "queues.pause: name");
    const context = this.#audit();
    const { by } = operatorOf(context);
    const pause = {
      by,
      reason: reason === undefined ? null : nameOption(reason, "queues.pause: reason"),
      forMs: during === undefined ? null : durationOption(during, "queues.pause: for", 1),
    };
    const args = { reason: pause.reason, forMs: pause.forMs };
    const change = { verb: "pauseQueue", target: queue, args };
    const paused = await audited(context, change, () => this.#store.queues.pause(queue, pause));
    context.events.emit("queue-paused", { queue, by, reason: pause.reason });
    return viewOf(paused);
  }

  /** Workers take from the queue again. False: it was not paused. Code: SUNBEAT_OPTION_INVALID. */
  async resume(name: string): Promise<boolean> {
    const queue = nameOption(name, "queues.resume: name");
    const context = this.#audit();
    const wasPaused = await audited(context, { verb: "resumeQueue", target: queue }, () =>
      this.#store.queues.resume(queue),
    );
    if (wasPaused) {
      context.events.emit("queue-resumed", { queue, by: operatorOf(context).by, reason: null });
    }
    return wasPaused;
  }

  /** What each queue holds, by name: exact numbers, and since when the oldest ready task could have been taken. */
  async list(): Promise<QueueView[]> {
    const counts = await readQueues(this.#store.queues);
    return counts.map(
      ({ queue, ready, scheduled, leased, blocked = 0, dead, failed = 0, paused, oldestReadyAt: at }) => {
        const numbers = { queue, ready, scheduled, leased, blocked, dead, failed };
        return {
          ...numbers,
          oldestReadyAt: at === null ? null : new Date(at),
          paused: paused ? viewOf({ ...paused, queue }) : null,
        };
      },
    );
  }

  /**
   * Tasks of one state that wait in a queue or are at work, without their arguments: a page. Codes: SUNBEAT_OPTION_INVALID,
   * SUNBEAT_OPTION_UNKNOWN.
   */
  async browse(name: string, options: BrowseOptions = {}): Promise<BrowsePage> {
    assertKnownKeys(options, ["state", "task", "after", "limit"], "queues.browse");
    const { state = "ready", task, after, limit = 50 } = options;
    return this.#store.queues.browse({
      queue: nameOption(name, "queues.browse: name"),
      state: choiceOption(state, "queues.browse: state", BROWSED),
      ...(task !== undefined && { task: nameOption(task, "queues.browse: task") }),
      ...(after !== undefined && { after: textOption(after, "queues.browse: after") }),
      limit: integerOption(limit, "queues.browse: limit", 1, 500),
    });
  }

  /** Drops all that waits in the queue; gives the number. Code: SUNBEAT_OPTION_INVALID. */
  purge(name: string): Promise<number> {
    const queue = nameOption(name, "queues.purge: name");
    return audited(this.#audit(), { verb: "purgeQueue", target: queue }, () =>
      this.#store.queues.purge([queue]),
    );
  }

  /** The queues that are paused, by name. */
  async paused(): Promise<QueuePause[]> {
    return (await this.#store.queues.paused()).map(viewOf);
  }
}

function viewOf({ since, until, ...rest }: PausedQueue): QueuePause {
  return { ...rest, since: new Date(since), until: until === null ? null : new Date(until) };
}
