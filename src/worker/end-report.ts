/** What is told of the end of a run, or of a delivery that did not come to run: one case for each outcome. */
import { formatDuration } from "../core/duration.js";
import type { EntryLogger } from "../core/entry-logger.js";
import { causesOf, type Failure, failureTraceback } from "../core/failure.js";
import { logEntry, oneLine } from "../core/log-entry.js";
import type { LogFields } from "../core/logger.js";
import { withoutSecrets } from "../core/plain-data.js";
import { quote } from "../core/quote.js";
import type { EventMap, EventName } from "../events/index.js";
import type { DeadLettered } from "../store/contracts/consumer.js";
import { failureText, withCauses } from "./failure-text.js";
import { type Outcome, WORKER_LOST } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/** Names come from senders, so there is a bound; those beyond it are told of each time. */
const MOST_STRANGERS = 1_000;

type Unrun = Extract<
  Outcome,
  {
    kind:
      | "skipped"
      | "deferred"
      | "unknown"
      | "blocked"
      | "rate-limited"
      | "cooled-down"
      | "revoked"
      | "expired"
      | "returned"
      | "abandoned";
  }
>;

interface EndReportParts {
  readonly log: EntryLogger;
  /** Takes entries of several lines. */
  readonly entries: EntryLogger;
  readonly logResults: boolean;
  emit<Name extends EventName>(type: Name, fields: EventMap[Name]): void;
  deadLettered(letter: DeadLettered, because: string): void;
}

export class EndReport {
  readonly #to: EndReportParts;
  /** Names of tasks that this worker does not know, and has told of. */
  readonly #strangers = new Set<string>();

  constructor(to: EndReportParts) {
    this.#to = to;
  }

  tell(reservation: Reservation, outcome: Outcome, runtimeMs: number): void {
    const { label } = reservation;
    const { id, task, queue } = reservation.delivery;
    switch (outcome.kind) {
      case "succeeded":
        if (!this.#to.log.silent) {
          this.#to.log.info(
            `Task ${label} succeeded in ${(runtimeMs / 1_000).toFixed(4)}s` +
              (this.#to.logResults ? `: ${quote(this.#shown(outcome.value))}` : ""),
            told(reservation, "task-succeeded"),
          );
        }
        return this.#to.emit("task-succeeded", { id, task, queue, runtimeMs, waitMs: reservation.waitedMs });
      case "replaced": {
        const { length: parts } = outcome.grow.parts;
        this.#to.log.info(
          `Task ${label} replaced itself by ${parts} part${parts === 1 ? "" : "s"}`,
          told(reservation, "task-replaced"),
        );
        const graph = reservation.delivery.part?.graph ?? id;
        return this.#to.emit("task-replaced", { id, task, queue, graph, parts });
      }
      case "retried": {
        const { error, delayMs, limitMs, isStopped } = outcome;
        if (limitMs !== undefined) this.#tellLimit(reservation, limitMs, isStopped);
        const isFailure = error.name !== "Retry";
        const why = isFailure ? `: ${withCauses(error)}` : "";
        const fields = told(reservation, "task-retried");
        this.#to.log.info(`Task ${label} retry: Retry in ${formatDuration(delayMs)}${why}`, fields);
        if (isFailure) this.#stack("debug", `Task ${label} raised, and is tried again`, error, fields);
        const { retries } = reservation.delivery;
        return this.#to.emit("task-retried", { id, task, queue, runtimeMs, delayMs, retries, error });
      }
      case "timed-out":
        this.#tellLimit(reservation, outcome.limitMs, outcome.isStopped);
        return this.#to.emit("task-failed", { id, task, queue, runtimeMs, error: outcome.error });
      case "failed":
        this.#tellFailure(reservation, outcome);
        return this.#to.emit("task-failed", { id, task, queue, runtimeMs, error: outcome.error });
      case "dead":
        this.#to.log.error(`Task ${label} rejected: ${outcome.reason}`, told(reservation, "task-rejected"));
        this.#to.emit("task-rejected", {
          id,
          task,
          queue,
          runtimeMs,
          reason: outcome.reason,
          requeued: false,
        });
        return this.#to.emit("dead-lettered", { id, task, queue, reason: outcome.reason });
      case "exhausted":
        return this.#to.deadLettered(
          { id, task, queue, reason: "deliveries-exhausted" },
          'the worker that took it before was lost, and it runs at most once (acks "early")',
        );
      case "lost":
        return this.#tellLost(reservation, outcome);
      case "requeued":
        this.#to.log.info(`Task ${label} requeued: ${outcome.reason}`, told(reservation, "task-rejected"));
        return this.#to.emit("task-rejected", {
          ...{ id, task, queue, runtimeMs, reason: outcome.reason, requeued: true },
        });
      case "ignored":
        this.#to.log.info(`Task ${label} ignored`, told(reservation, "task-ignored"));
        return this.#to.emit("task-ignored", { id, task, queue });
      case "skipped":
      case "deferred":
      case "unknown":
      case "blocked":
      case "rate-limited":
      case "cooled-down":
      case "revoked":
      case "expired":
      case "returned":
      case "abandoned":
        this.#tellUnrun(reservation, outcome);
    }
  }

  #tellLimit(reservation: Reservation, limitMs: number, isStopped = false): void {
    const fate = isStopped
      ? "its child was killed"
      : "its function may still be running, since nothing can stop code that does not heed its signal";
    this.#to.log.error(
      `Hard time limit (${formatDuration(limitMs)}) exceeded for ${reservation.label}; ${fate}`,
      told(reservation),
    );
  }

  #tellFailure(reservation: Reservation, { error, isExpected }: Outcome & { kind: "failed" }): void {
    const { delivery, label } = reservation;
    const fields = told(reservation, "task-failed");
    const after = delivery.retries > 0 ? ` (after ${delivery.retries + 1} tries)` : "";
    if (isExpected) this.#to.log.info(`Task ${label} raised expected: ${withCauses(error)}${after}`, fields);
    else
      this.#stack("error", `Task ${label} raised unexpected: ${failureText(error)}${after}`, error, fields);
  }

  /** `error` says how what ran it ended. */
  #tellLost(reservation: Reservation, { error, exit, signal }: Outcome & { kind: "lost" }): void {
    const { delivery, label } = reservation;
    const { id, task, queue, deliveries, maxDeliveries } = delivery;
    const isLast = deliveries >= maxDeliveries;
    this.#to.log.error(
      `Task ${label} lost: ${error.message}. ` +
        (isLast
          ? `That was delivery ${deliveries} of ${maxDeliveries}: it is kept among the dead letters of queue ${quote(queue)}`
          : `It goes back to the front of its queue (delivery ${deliveries} of ${maxDeliveries})`),
      told(reservation, "task-lost"),
    );
    this.#to.emit("task-lost", { id, task, queue, deliveries, error, exit, signal });
    if (isLast) this.#to.emit("dead-lettered", { id, task, queue, reason: WORKER_LOST });
  }

  /** Of one that did not run here, or not to its end. */
  #tellUnrun(reservation: Reservation, outcome: Unrun): void {
    const { label, lostBecause } = reservation;
    const { id, task, queue } = reservation.delivery;
    switch (outcome.kind) {
      case "skipped":
        this.#to.log.info(`Task ${label} skipped: lock ${quote(outcome.lock)} is busy`, {
          ...told(reservation, "task-skipped"),
          lock: outcome.lock,
        });
        return this.#to.emit("task-skipped", { id, task, queue, lock: outcome.lock });
      case "deferred": {
        const { lock, delayMs } = outcome;
        this.#to.log.info(
          `Task ${label} put off for ${formatDuration(delayMs)}: lock ${quote(lock)} is busy`,
          {
            ...told(reservation, "lock-waiting"),
            lock,
          },
        );
        return this.#to.emit("lock-waiting", { lock, taskId: id, retryInMs: delayMs });
      }
      case "unknown": {
        // Once for each task: it comes back many times, and may be one of thousands.
        const level = this.#strangers.has(task) ? "debug" : "warn";
        if (this.#strangers.size < MOST_STRANGERS) this.#strangers.add(task);
        const back = `It goes back for ${formatDuration(outcome.delayMs)}, for a worker that has it`;
        return this.#to.log[level](`Task ${label}: ${outcome.reason} ${back}`, told(reservation));
      }
      case "blocked":
        this.#to.log.info(`Task ${label} waits in line for lock ${quote(outcome.lock)}`, {
          ...told(reservation, "lock-waiting"),
          lock: outcome.lock,
        });
        return this.#to.emit("lock-waiting", { lock: outcome.lock, taskId: id });
      case "rate-limited":
        return this.#to.log.debug(`Task ${label} waits for its rate limit`, told(reservation));
      case "cooled-down": {
        const { delayMs } = outcome;
        this.#to.log.info(
          `Task ${label} cools down: no run of its rate limit begins for ${formatDuration(delayMs)}`,
          told(reservation, "task-cooldown"),
        );
        return this.#to.emit("task-cooldown", { id, task, queue, delayMs });
      }
      case "revoked":
        this.#to.log.info(`Task ${label} revoked`, told(reservation, "task-revoked"));
        return this.#to.emit("task-revoked", {
          ...{ id, task, queue },
          reason: reservation.begun ? "terminated" : "revoked",
        });
      case "expired":
        this.#to.log.info(`Task ${label} expired before it began`, told(reservation, "task-revoked"));
        return this.#to.emit("task-revoked", { id, task, queue, reason: "expired" });
      case "returned":
        return this.#to.log.info(`Task ${label} given back: this worker is shutting down`, told(reservation));
      case "abandoned":
        return this.#to.log.warn(
          `Task ${label}: its lease was lost${lostBecause === null ? "" : ` (${lostBecause})`} and another worker ` +
            "may have it; its end here is dropped",
          told(reservation),
        );
    }
  }

  #stack(level: "debug" | "error", head: string, error: Failure, fields: LogFields): void {
    if (!this.#to.log.isLevelEnabled(level)) return;
    const hasMore = error.stack !== null || causesOf(error).length > 0;
    const entry = hasMore ? logEntry(head, failureTraceback(error)) : oneLine(head);
    this.#to.entries[level](entry, { ...fields, err: error });
  }

  /** A result, without what its names hide. */
  #shown(value: unknown): unknown {
    return typeof value === "object" && value !== null ? withoutSecrets(value, this.#to.log.hides) : value;
  }
}

/** What a line about a run tells beside its text; `event`: which is told of. */
export function told({ fields }: Reservation, event?: EventName): LogFields {
  return event === undefined ? fields : { ...fields, event };
}
