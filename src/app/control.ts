/** What operators change while workers run. */
import {
  audited,
  type ControlVerb,
  KEEP_REVOKED_MS,
  type NodeReply,
  type Replies,
  tellDropped,
  verbInfo,
} from "../control/index.js";
import type { Duration } from "../core/duration.js";
import type { LogLevel } from "../core/logger.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  durationOption,
  invalidOption,
  nameOption,
  textsOption,
} from "../core/options.js";
import { rateInForce, type TaskLimit } from "../store/contracts/index.js";
import { formatRate, type Rate, type RateOptions, type RateText, resolveRate } from "../tasks/rate-limit.js";
import { addressText, askNodes, askOf, type AskOptions, type BroadcastOptions, refusalIn } from "./asking.js";
import type { ControlContext } from "./control-context.js";
import type { PauseOptions, QueuePause } from "./queues.js";

/** The rate limit of a task as it holds for all workers. Rates as texts: "100/s". */
export interface RateLimitView {
  readonly task: string;
  /** Null: no limit. */
  readonly rate: string | null;
  /** "control": an operator said so; it goes before what code says. */
  readonly source: "code" | "control";
  /** What the workers' code says; null: no limit. */
  readonly code: string | null;
  /** Runs differ in what they take, by their keys or weights. */
  readonly byMessage: boolean;
}

export interface RevokeOptions {
  /** Whether running ones are to end, too. Default false. */
  readonly terminate?: boolean | undefined;
  /** For the audit. */
  readonly reason?: string | undefined;
}

const MOST_HEADERS = 20;
const MOST_IDS = 10_000;

/**
 * Verbs that nodes answer give their replies, and those that are missing by name; what is changed there holds until they are restarted.
 * Others are steps of the store, and need no node. Codes of each: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID,
 * SUNBEAT_DURATION_INVALID, SUNBEAT_CONTROL_REFUSED. Each leaves a row in the audit.
 */
export class Control {
  readonly #core: ControlContext;

  constructor(core: ControlContext) {
    this.#core = core;
  }

  /**
   * Asks nodes by the name of a verb, in Celery's spelling, too: `broadcast("pool_grow", { n: 2 }, { pattern: "batch@*" })`. `args` as
   * docs/monitoring.md names them. Verbs of the store are methods here.
   */
  async broadcast(verb: string, args: object = {}, options: BroadcastOptions = {}): Promise<Replies> {
    const wanted = askOf(this.#core, verb, args, options, "broadcast");
    const info = verbInfo(wanted.verb)!;
    if (info.of === "store") {
      throw invalidOption(
        "broadcast: verb",
        `a verb that nodes answer; ${wanted.verb} is a method of app.${info.keeps === null ? "inspect" : "control"}`,
        verb,
      );
    }
    if (info.keeps === null) return askNodes(this.#core, wanted);
    let replies: Replies | undefined;
    try {
      await audited(
        this.#core.auditContext,
        { verb: wanted.verb, target: addressText(wanted.to), args },
        async () => {
          replies = await askNodes(this.#core, wanted);
          const refusal = refusalIn(replies);
          if (refusal !== null) throw refusal;
        },
      );
    } catch (error) {
      // What a node refused is among the replies.
      if (replies === undefined) throw error;
    }
    return replies!;
  }

  /** Tasks do not begin; `terminate`: running ones are to end, too. */
  revoke(ids: string | readonly string[], options: RevokeOptions = {}): Promise<void> {
    assertKnownKeys(options, ["terminate", "reason"], "control.revoke");
    const { terminate, reason } = options;
    const isEnd = terminate === undefined ? false : booleanOption(terminate, "control.revoke: terminate");
    return this.#revoke(
      ids,
      isEnd,
      reason === undefined ? null : nameOption(reason, "control.revoke: reason"),
    );
  }

  /** `revoke` with `terminate`. */
  terminate(ids: string | readonly string[], options: Omit<RevokeOptions, "terminate"> = {}): Promise<void> {
    assertKnownKeys(options, ["reason"], "control.terminate");
    return this.revoke(ids, { ...options, terminate: true });
  }

  async #revoke(given: string | readonly string[], terminate: boolean, reason: string | null): Promise<void> {
    const ids = textsOption(typeof given === "string" ? [given] : given, "control.revoke: ids");
    if (ids.length > MOST_IDS)
      throw invalidOption("control.revoke: ids", `at most ${MOST_IDS} ids`, ids.length);
    const verb = terminate ? "terminate" : "revoke";
    const target = ids.length === 1 ? ids[0]! : `${ids.length} tasks`;
    const args = { ...(reason !== null && { reason }), ...(ids.length > 1 && { ids }) };
    const { sender } = this.#core.lazyStore;
    const context = this.#core.auditContext;
    const dropped = await audited(context, { verb, target, args }, () =>
      sender.revoke(ids, { terminate, keepMs: KEEP_REVOKED_MS }),
    );
    tellDropped(context.events, dropped);
  }

  /**
   * What carries all of these headers ends REVOKED before it begins, whoever sent it and wherever it waits. What runs goes on. For a day,
   * or `for`; at most a hundred such marks hold, the oldest out.
   */
  async revokeByHeaders(
    headers: Readonly<Record<string, string>>,
    options: { readonly for?: Duration | undefined } = {},
  ): Promise<void> {
    assertKnownKeys(options, ["for"], "control.revokeByHeaders");
    assertObject(headers, "control.revokeByHeaders: headers");
    const entries = Object.entries(headers);
    if (entries.length === 0 || entries.length > MOST_HEADERS) {
      throw invalidOption("control.revokeByHeaders: headers", `1 to ${MOST_HEADERS} headers`, headers);
    }
    for (const [name, value] of entries) {
      if (typeof value !== "string") throw invalidOption(`control.revokeByHeaders: ${name}`, "text", value);
    }
    const forMs =
      options.for === undefined
        ? KEEP_REVOKED_MS
        : durationOption(options.for, "control.revokeByHeaders: for", 1);
    const target = entries.map(([name, value]) => `${name}=${value}`).join(" ");
    const { presence } = this.#core.lazyStore;
    await audited(this.#core.auditContext, { verb: "revokeByHeaders", target, args: { forMs } }, () =>
      presence.mark(Object.fromEntries(entries), forMs),
    );
  }

  /** As `app.queues.pause`. */
  pauseQueue(name: string, options?: PauseOptions): Promise<QueuePause> {
    return this.#core.queues.pause(name, options);
  }

  /** As `app.queues.resume`. */
  resumeQueue(name: string): Promise<boolean> {
    return this.#core.queues.resume(name);
  }

  /**
   * Changes the rate limit of a task, at once, for all workers and all that waits. Of a task that has keys it is the limit of each.
   * Null lifts it; the text "reset" brings back what code says. What is said here holds until it is reset, or until code says something else
   * than before. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID.
   */
  async rateLimit(
    task: string | { readonly name: string },
    rate: RateText | RateOptions | null,
  ): Promise<void> {
    const name = nameOption(typeof task === "string" ? task : task?.name, "rateLimit: task");
    if (rate === undefined) {
      throw invalidOption("rateLimit: rate", 'a rate such as "100/s", null (no limit) or "reset"', rate);
    }
    const wanted = rate === null || rate === "reset" ? rate : resolveRate(rate, "rateLimit: rate");
    const { limits } = this.#core.lazyStore;
    await audited(this.#core.auditContext, { verb: "rateLimit", target: name, args: { rate } }, () =>
      wanted === "reset" ? limits.reset(name) : limits.set(name, wanted),
    );
  }

  /** The limits of all tasks that have one, and of those whose limit was lifted, by name. */
  async rateLimits(): Promise<RateLimitView[]> {
    return (await this.#core.lazyStore.limits.list()).map(viewOf);
  }

  /** Limits of a task's runs that begin from now on, in seconds; null lifts one. */
  timeLimit(
    task: string,
    limits: { readonly soft?: number | null | undefined; readonly hard?: number | null | undefined },
    options?: AskOptions,
  ): Promise<Replies> {
    assertKnownKeys(limits, ["soft", "hard"], "control.timeLimit: limits");
    return this.#ask("timeLimit", { task: nameOption(task, "control.timeLimit: task"), ...limits }, options);
  }

  /** Workers take from a queue more. */
  addConsumer(queue: string, options?: AskOptions): Promise<Replies> {
    return this.#ask("addConsumer", { queue: nameOption(queue, "control.addConsumer: queue") }, options);
  }

  /** Workers take from a queue no more. */
  cancelConsumer(queue: string, options?: AskOptions): Promise<Replies> {
    return this.#ask(
      "cancelConsumer",
      { queue: nameOption(queue, "control.cancelConsumer: queue") },
      options,
    );
  }

  /** Workers have so many slots more. */
  poolGrow(n = 1, options?: AskOptions): Promise<Replies> {
    return this.#ask("poolGrow", { n }, options);
  }

  /** Workers have so many slots less, at least one; running tasks end first. */
  poolShrink(n = 1, options?: AskOptions): Promise<Replies> {
    return this.#ask("poolShrink", { n }, options);
  }

  /** Workers have as many slots as there is work for, within these bounds. */
  autoscale(max: number, min = 1, options?: AskOptions): Promise<Replies> {
    return this.#ask("autoscale", { max, min }, options);
  }

  /** Workers replace their children, one after the other, by such with the files as they are now. */
  poolRestart(options?: AskOptions): Promise<Replies> {
    return this.#ask("poolRestart", {}, options);
  }

  /** Workers take no more tasks; what was not begun goes back. */
  drain(options?: AskOptions): Promise<Replies> {
    return this.#ask("drain", {}, options);
  }

  /** Workers that drain take tasks again. */
  undrain(options?: AskOptions): Promise<Replies> {
    return this.#ask("undrain", {}, options);
  }

  /** Nodes end warm, as by SIGTERM. `grace`: seconds for running tasks, instead of `gracePeriod`. */
  shutdown(options: AskOptions & { readonly grace?: number | undefined } = {}): Promise<Replies> {
    assertObject(options, "control.shutdown: options");
    const { grace, ...rest } = options;
    return this.#ask("shutdown", grace === undefined ? {} : { grace }, rest);
  }

  /** Nodes tell every event, whether or not somebody watches. */
  enableEvents(options?: AskOptions): Promise<Replies> {
    return this.#ask("enableEvents", {}, options);
  }

  /** Nodes tell the events that somebody watches. */
  disableEvents(options?: AskOptions): Promise<Replies> {
    return this.#ask("disableEvents", {}, options);
  }

  /** Nodes tell now that they are there. */
  heartbeat(options?: AskOptions): Promise<Replies> {
    return this.#ask("heartbeat", {}, options);
  }

  /** Nodes leave out log lines below a level. */
  logLevel(level: LogLevel, options?: AskOptions): Promise<Replies> {
    return this.#ask("logLevel", { level: nameOption(level, "control.logLevel: level") }, options);
  }

  /** The beat that leads gives the lead up. */
  resign(options?: AskOptions): Promise<Replies> {
    return this.#ask("resign", {}, options);
  }

  /** A beat sends a run of an entry now: of one whose arguments only its code knows. */
  trigger(name: string, options: AskOptions = {}): Promise<Replies> {
    // One is enough: each of them would send a run.
    return this.#one("trigger", { name: nameOption(name, "control.trigger: name") }, options);
  }

  /** Nothing is elected among nodes: the store leads. */
  async election(): Promise<NodeReply> {
    const leader = await this.#core.lazyStore.leases.leader();
    return { node: "store", ok: { leads: "store", leader: leader?.host ?? null } };
  }

  async #one(verb: ControlVerb, args: object, options: AskOptions): Promise<Replies> {
    assertObject(options, `control.${verb}: options`);
    if (options.destination !== undefined || options.pattern !== undefined)
      return this.#ask(verb, args, options);
    const nodes = await this.#core.nodes.list();
    const beats = nodes.filter(({ status, beat }) => status === "alive" && beat !== null);
    const chosen = beats.find(({ beat }) => beat?.role === "leading") ?? beats[0];
    if (chosen === undefined) return { replies: [], missing: [] };
    return this.#ask(verb, args, { ...options, destination: chosen.node });
  }

  async #ask(verb: ControlVerb, args: object, options: AskOptions = {}): Promise<Replies> {
    return this.broadcast(verb, args, options);
  }
}

function viewOf(limit: TaskLimit): RateLimitView {
  const text = (rate: Rate | null): string | null => (rate === null ? null : formatRate(rate));
  const { task, code, control, byMessage } = limit;
  return {
    ...{ task, byMessage, rate: text(rateInForce(limit)), code: text(code) },
    source: control === null ? "code" : "control",
  };
}
