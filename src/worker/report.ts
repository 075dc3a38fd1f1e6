/** What is told about a run: log lines as Celery users know them, and events. */
import { formatDuration } from "../core/duration.js";
import { causesOf, type Failure, failureTraceback } from "../core/failure.js";
import { failureEntry, logEntry, oneLine } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { EventMap, EventName } from "../events/index.js";
import type { DeadLettered } from "../store/contracts/consumer.js";
import type { GraphChange } from "../store/contracts/graphs.js";
import type { EventSink } from "./options.js";
import type { Outcome } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/** Tasks named in one line. */
const MOST_NAMED = 5;
/** Names come from senders, so there is a bound; those beyond it are told of each time. */
const MOST_STRANGERS = 1_000;

type Unrun = Extract<
  Outcome,
  {
    kind: "skipped" | "deferred" | "unknown" | "blocked" | "revoked" | "expired" | "returned" | "abandoned";
  }
>;

/** `TimeoutError('...')`. */
function failureText(error: Failure): string {
  return `${error.name}('${error.message}')`;
}

/** The same with its causes, in one line. A message that was made of theirs has told them. */
function withCauses(error: Failure): string {
  let text = failureText(error);
  for (let [cause] = causesOf(error); cause !== undefined; [cause] = causesOf(cause)) {
    if (cause.message === "" || !text.includes(cause.message)) text += `, caused by ${failureText(cause)}`;
  }
  return text;
}

/**
 * Neither a logger nor a sink that throws may stop a worker: whatever they throw ends here. Every text is made one
 * line, since names, ids and messages come from outside; only the stack of a failure stands in lines of its own.
 */
export class Reporter {
  readonly log: Logger;
  /** Takes entries of several lines, each of which was made safe. */
  readonly #entries: Logger;
  readonly #events: EventSink;
  readonly #hostname: string;
  readonly #logResults: boolean;
  /** Names of tasks that this worker does not know, and has told of. */
  readonly #strangers = new Set<string>();
  /** Names of tasks that were told to wait in their slot. */
  readonly #waiters = new Set<string>();

  constructor(
    logger: Logger,
    events: EventSink,
    options: { readonly hostname: string; readonly logResults: boolean },
  ) {
    this.#events = events;
    this.#hostname = options.hostname;
    this.#logResults = options.logResults;
    this.log = guarded(logger, oneLine);
    this.#entries = guarded(logger, (entry) => entry);
  }

  /** What went wrong around the runs. */
  failure(head: string, error: unknown): void {
    this.#entries.error(failureEntry(head, error));
  }

  worker(type: "worker-online" | "worker-offline"): void {
    this.#emit(type, {});
  }

  received({ delivery, label }: Reservation): void {
    if (!this.log.silent) this.log.info(`Task ${label} received`);
    if (delivery.deliveries > 1) {
      this.log.warn(
        `Task ${label} is delivered again (${delivery.deliveries} of ${delivery.maxDeliveries}): ` +
          "a worker that held it was lost",
      );
    }
    const { id, task, queue, retries, deliveries } = delivery;
    this.#emit("task-received", { id, task, queue, retries, deliveries });
  }

  /** A claim of this worker, or this worker by itself, put it among the dead letters. */
  deadLettered({ id, task, queue, reason }: DeadLettered, because?: string): void {
    const label = task === "" ? `of unknown name[${id}]` : `${task}[${id}]`;
    const why =
      because ??
      (reason === "deliveries-exhausted"
        ? "each worker that took it was lost before it ended, maxDeliveries times; " +
          "look for crashes, or for code that blocks the event loop longer than lease"
        : "what is stored of it cannot be read");
    this.log.error(
      `Task ${label} rejected: ${reason}: ${why}. It is kept among the dead letters of queue ${quote(queue)}`,
    );
    this.#emit("dead-lettered", { id, task, queue, reason });
  }

  /** A call of this worker has brought them into another state. */
  graphs(changes: readonly GraphChange[] = []): void {
    for (const { id, name, state } of changes) {
      const type = state === "running" ? "graph-started" : (`graph-${state}` as const);
      this.log[state === "failed" ? "warn" : "info"](`Graph ${name}[${id}] ${type.slice("graph-".length)}`);
      this.#emit(type, { graph: id, name });
    }
  }

  started({ delivery: { id, task, queue } }: Reservation): void {
    this.#emit("task-started", { id, task, queue });
  }

  /** A run waits for another task, and nothing can start here. Once for each task: it will do the same again. */
  waiting({ delivery: { task }, label }: Reservation, awaited: string): void {
    if (this.#waiters.has(task)) return;
    this.#waiters.add(task);
    this.log.warn(
      `Task ${label} waits in get() for task ${awaited} while no slot of this worker is free: unless another worker takes ` +
        "that one, it never starts. Raise the concurrency, give one of the two a queue with workers of its own, or send " +
        "on what is to follow instead of waiting for it",
    );
  }

  /** A delivery holds its permit. */
  locked({ delivery: { id }, label, lock }: Reservation): void {
    if (lock === null) return;
    this.log.debug(`Task ${label} holds lock ${quote(lock.name)} (fence ${lock.fence})`);
    this.#emit("lock-acquired", { lock: lock.name, fence: lock.fence, taskId: id });
  }

  /** A delivery that is still ours has lost its permit. */
  unlocked({ delivery: { id }, label, lock }: Reservation): void {
    if (lock === null) return;
    this.log.error(`Task ${label} has lost lock ${quote(lock.name)}: it was broken, or passed on`);
    this.#emit("lock-lost", { lock: lock.name, fence: lock.fence, taskId: id });
  }

  /** It was not started, and goes back; called once the store has it. */
  returned(reservation: Reservation): void {
    if (!this.log.silent) this.log.debug(`Task ${reservation.label} given back, not started`);
    this.#unhold(reservation, "lock-released");
  }

  /** This process did nothing for so long that it lost the leases of `lost`. */
  blocked(why: string, lost: readonly Reservation[]): void {
    const named = lost.slice(0, MOST_NAMED).map(({ label }) => label);
    const more = lost.length > MOST_NAMED ? ` and ${lost.length - MOST_NAMED} more` : "";
    this.log.warn(
      `${why[0]!.toUpperCase()}${why.slice(1)}: another worker may run ${named.join(", ")}${more}, too. ` +
        "Compute in a thread or process of its own, or give such a task a longer lease",
    );
  }

  /** Called once the store has it. */
  ended(reservation: Reservation, outcome: Outcome, runtimeMs: number): void {
    this.#tell(reservation, outcome, runtimeMs);
    this.#unhold(reservation, outcome.kind === "abandoned" ? "lock-lost" : "lock-released");
  }

  #unhold({ lock, unlocked, delivery }: Reservation, type: "lock-lost" | "lock-released"): void {
    if (lock === null || unlocked) return;
    this.#emit(type, { lock: lock.name, fence: lock.fence, taskId: delivery.id });
  }

  #tell(reservation: Reservation, outcome: Outcome, runtimeMs: number): void {
    const { label } = reservation;
    const { id, task, queue } = reservation.delivery;
    switch (outcome.kind) {
      case "succeeded":
        if (!this.log.silent) {
          this.log.info(
            `Task ${label} succeeded in ${(runtimeMs / 1_000).toFixed(4)}s` +
              (this.#logResults ? `: ${quote(outcome.value)}` : ""),
          );
        }
        return this.#emit("task-succeeded", { id, task, queue, runtimeMs });
      case "replaced": {
        const { length: parts } = outcome.grow.parts;
        this.log.info(`Task ${label} replaced itself by ${parts} part${parts === 1 ? "" : "s"}`);
        const graph = reservation.delivery.part?.graph ?? id;
        return this.#emit("task-replaced", { id, task, queue, graph, parts });
      }
      case "retried": {
        const { error, delayMs } = outcome;
        const isFailure = error.name !== "Retry";
        const why = isFailure ? `: ${withCauses(error)}` : "";
        this.log.info(`Task ${label} retry: Retry in ${formatDuration(delayMs)}${why}`);
        if (isFailure) this.#stack("debug", `Task ${label} raised, and is tried again`, error);
        return this.#emit("task-retried", { id, task, queue, delayMs, error });
      }
      case "timed-out":
        this.log.error(
          `Hard time limit (${formatDuration(outcome.limitMs)}) exceeded for ${label}; ` +
            "its function may still be running, since nothing can stop code that does not heed its signal",
        );
        return this.#emit("task-failed", { id, task, queue, runtimeMs, error: outcome.error });
      case "failed":
        this.#stack("error", `Task ${label} raised unexpected: ${failureText(outcome.error)}`, outcome.error);
        return this.#emit("task-failed", { id, task, queue, runtimeMs, error: outcome.error });
      case "dead":
        this.log.error(`Task ${label} rejected: ${outcome.reason}`);
        this.#emit("task-rejected", { id, task, queue, reason: outcome.reason, requeued: false });
        return this.#emit("dead-lettered", { id, task, queue, reason: outcome.reason });
      case "exhausted":
        return this.deadLettered(
          { id, task, queue, reason: "deliveries-exhausted" },
          'the worker that took it before was lost, and it runs at most once (acks "early")',
        );
      case "requeued":
        this.log.info(`Task ${label} requeued: ${outcome.reason}`);
        return this.#emit("task-rejected", { id, task, queue, reason: outcome.reason, requeued: true });
      case "ignored":
        this.log.info(`Task ${label} ignored`);
        return this.#emit("task-ignored", { id, task, queue });
      case "skipped":
      case "deferred":
      case "unknown":
      case "blocked":
      case "revoked":
      case "expired":
      case "returned":
      case "abandoned":
        this.#tellUnrun(reservation, outcome);
    }
  }

  /** Of one that did not run here, or not to its end. */
  #tellUnrun({ delivery: { id, task, queue }, label, lostBecause }: Reservation, outcome: Unrun): void {
    switch (outcome.kind) {
      case "skipped":
        this.log.info(`Task ${label} skipped: lock ${quote(outcome.lock)} is busy`);
        return this.#emit("task-skipped", { id, task, queue, lock: outcome.lock });
      case "deferred": {
        const { lock, delayMs } = outcome;
        this.log.info(`Task ${label} put off for ${formatDuration(delayMs)}: lock ${quote(lock)} is busy`);
        return this.#emit("lock-waiting", { lock, taskId: id, retryInMs: delayMs });
      }
      case "unknown": {
        // Once for each task: it comes back many times, and may be one of thousands.
        const level = this.#strangers.has(task) ? "debug" : "warn";
        if (this.#strangers.size < MOST_STRANGERS) this.#strangers.add(task);
        const back = `It goes back for ${formatDuration(outcome.delayMs)}, for a worker that has it`;
        return this.log[level](`Task ${label}: ${outcome.reason} ${back}`);
      }
      case "blocked":
        this.log.info(`Task ${label} waits in line for lock ${quote(outcome.lock)}`);
        return this.#emit("lock-waiting", { lock: outcome.lock, taskId: id });
      case "revoked":
        this.log.info(`Task ${label} revoked`);
        return this.#emit("task-revoked", { id, task, queue });
      case "expired":
        this.log.info(`Task ${label} expired before it began`);
        return this.#emit("task-revoked", { id, task, queue });
      case "returned":
        return this.log.info(`Task ${label} given back: this worker is shutting down`);
      case "abandoned":
        return this.log.warn(
          `Task ${label}: its lease was lost${lostBecause === null ? "" : ` (${lostBecause})`} and another worker ` +
            "may have it; its end here is dropped",
        );
    }
  }

  /** The store answered "lost" to an end that was sent twice, so the first sending may be what it has. */
  unclear({ label }: Reservation, outcome: Outcome): void {
    this.log.warn(
      `Task ${label} ${outcome.kind}, and an answer of the store was lost on the way: ` +
        "either that end is stored, or another worker has the task",
    );
  }

  #stack(level: "debug" | "error", head: string, error: Failure): void {
    if (level === "debug" && this.log.silent) return;
    const hasMore = error.stack !== null || causesOf(error).length > 0;
    this.#entries[level](hasMore ? logEntry(head, failureTraceback(error)) : oneLine(head));
  }

  #emit<Name extends EventName>(type: Name, fields: EventMap[Name]): void {
    try {
      this.#events.emit(type, fields, this.#hostname);
    } catch (error) {
      this.failure(`A listener of ${type} threw`, error);
    }
  }
}

function guarded(logger: Logger, shape: (text: string) => string): Logger {
  const guard =
    (level: "debug" | "info" | "warn" | "error") =>
    (text: string): void => {
      try {
        logger[level](shape(text));
      } catch {
        // There is nowhere left to say it.
      }
    };
  return {
    get silent() {
      return logger.silent === true;
    },
    debug: guard("debug"),
    info: guard("info"),
    warn: guard("warn"),
    error: guard("error"),
  };
}
