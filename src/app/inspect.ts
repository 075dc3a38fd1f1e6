/** What nodes say about themselves. Each verb asks all that fit, and changes nothing. */
import type { InspectVerb, Replies } from "../control/index.js";
import { assertKnownKeys, integerOption, nameOption, textOption, textsOption } from "../core/options.js";
import type { BrowsedMessage, RevokedId } from "../store/contracts/queues.js";
import { askNodes, askOf, type AskOptions } from "./asking.js";
import type { ControlContext } from "./control-context.js";

export interface StorePageOptions {
  /** Given at most. Default 50, at most 500. */
  readonly limit?: number | undefined;
  /** Where an earlier page ended: its `next`. */
  readonly cursor?: string | undefined;
}

export interface ScheduledOptions extends StorePageOptions {
  /** Of this queue alone. */
  readonly queue?: string | undefined;
  /** Of this task alone. */
  readonly task?: string | undefined;
}

/** What the store itself answers: a page. Instants are epoch milliseconds. */
export interface StoreReply<T> {
  readonly node: "store";
  readonly ok: readonly T[];
  /** Null: there is no more. */
  readonly next: string | null;
}

const [DEFAULT_LIMIT, MOST_LIMIT] = [50, 500] as const;

/** Codes of each verb: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, SUNBEAT_CONTROL_REFUSED. */
export class Inspect {
  readonly #core: ControlContext;

  constructor(core: ControlContext) {
    this.#core = core;
  }

  /** Answers are "pong". */
  ping(options?: AskOptions): Promise<Replies> {
    return this.#ask("ping", {}, options);
  }

  /** What workers run, longest first. */
  active(options?: AskOptions): Promise<Replies> {
    return this.#ask("active", {}, options);
  }

  /** What workers have taken and not begun. */
  reserved(options?: AskOptions): Promise<Replies> {
    return this.#ask("reserved", {}, options);
  }

  /** What waits for its time, by eta, without arguments. No node is asked. */
  async scheduled(options: ScheduledOptions = {}): Promise<StoreReply<BrowsedMessage>> {
    assertKnownKeys(options, ["queue", "task", "limit", "cursor"], "inspect.scheduled");
    const { queue, task } = options;
    const { messages, next } = await this.#core.lazyStore.queues.browse({
      state: "scheduled",
      queue: queue === undefined ? null : nameOption(queue, "inspect.scheduled: queue"),
      ...(task !== undefined && { task: nameOption(task, "inspect.scheduled: task") }),
      ...pageOf(options, "inspect.scheduled"),
    });
    return { node: "store", ok: messages, next };
  }

  /**
   * Ids that were revoked before anything came under them, by until: what comes is dropped. What was there when it was revoked is found by
   * its result. No node is asked.
   */
  async revoked(options: StorePageOptions = {}): Promise<StoreReply<RevokedId>> {
    assertKnownKeys(options, ["limit", "cursor"], "inspect.revoked");
    const { revoked, next } = await this.#core.lazyStore.queues.revoked(pageOf(options, "inspect.revoked"));
    return { node: "store", ok: revoked, next };
  }

  /** The tasks that workers know. */
  registered(options?: AskOptions): Promise<Replies> {
    return this.#ask("registered", {}, options);
  }

  /** What nodes are, and how they do. */
  stats(options?: AskOptions): Promise<Replies> {
    return this.#ask("stats", {}, options);
  }

  /** The queues that workers take from. */
  activeQueues(options?: AskOptions): Promise<Replies> {
    return this.#ask("activeQueues", {}, options);
  }

  /** Options, with secrets masked. */
  conf(options?: AskOptions): Promise<Replies> {
    return this.#ask("conf", {}, options);
  }

  /** Versions and platform. */
  report(options?: AskOptions): Promise<Replies> {
    return this.#ask("report", {}, options);
  }

  /** Lamport clocks. */
  clock(options?: AskOptions): Promise<Replies> {
    return this.#ask("clock", {}, options);
  }

  /** Where tasks are on workers. */
  queryTask(ids: readonly string[], options?: AskOptions): Promise<Replies> {
    return this.#ask("queryTask", { ids: textsOption(ids, "queryTask: ids") }, options);
  }

  /** The heaps of nodes. */
  memdump(options?: AskOptions): Promise<Replies> {
    return this.#ask("memdump", {}, options);
  }

  /** The memory of nodes now. */
  memsample(options?: AskOptions): Promise<Replies> {
    return this.#ask("memsample", {}, options);
  }

  /** The spaces of the heaps of nodes. */
  objgraph(options?: AskOptions): Promise<Replies> {
    return this.#ask("objgraph", {}, options);
  }

  /** Who leads, and what comes next, as beats say. */
  beat(options?: AskOptions): Promise<Replies> {
    return this.#ask("beat", {}, options);
  }

  async #ask(verb: InspectVerb, args: object, options: AskOptions = {}): Promise<Replies> {
    return askNodes(this.#core, askOf(this.#core, verb, args, options, `inspect.${verb}`));
  }
}

function pageOf({ limit = DEFAULT_LIMIT, cursor }: StorePageOptions, what: string) {
  return {
    limit: integerOption(limit, `${what}: limit`, 1, MOST_LIMIT),
    ...(cursor !== undefined && { after: textOption(cursor, `${what}: cursor`) }),
  };
}
