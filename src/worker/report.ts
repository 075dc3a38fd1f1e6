/** What is told about a run: log lines as Celery users know them, and events. */
import type { Clock } from "../core/clock.js";
import { type EntryLogger, withFields } from "../core/entry-logger.js";
import { failureEntry } from "../core/log-entry.js";
import type { LogFields, Logger, LogLevel } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { EventMap, EventName } from "../events/index.js";
import type { DeadLettered, Dropped } from "../store/contracts/consumer.js";
import type { GraphChange } from "../store/contracts/graphs.js";
import type { PausedQueue } from "../store/contracts/queues.js";
import type { Extensions } from "../signals/index.js";
import type { EventSink } from "./options.js";
import { EndReport, told } from "./end-report.js";
import type { Outcome } from "./outcome.js";
import type { Reservation } from "./reservation.js";
import { WorkerSignals } from "./worker-signals.js";

/** Tasks named in one line. */
const MOST_NAMED = 5;
/** A run tells how far it is no more often. */
const PROGRESS_MS = 1_000;
/** How far a run is: `done` of `total`, or a state of its own. */
export type Progress = Pick<EventMap["task-progress"], "done" | "total" | "state" | "meta">;

/**
 * Neither a logger nor a sink that throws may stop a worker: whatever they throw ends here. Every text is made one
 * line, since names, ids and messages come from outside; only the stack of a failure stands in lines of its own.
 */
export class Reporter {
  readonly log: EntryLogger;
  /** Takes entries of several lines. */
  readonly #entries: EntryLogger;
  readonly #events: EventSink;
  readonly #clock: Pick<Clock, "now" | "monotonicMs">;
  readonly #hostname: string;
  readonly #ends: EndReport;
  /** What programs hear of by signals: those of the worker, and of runs where they are told here. */
  readonly signals: WorkerSignals;
  /** Names of tasks that were told to wait in their slot. */
  readonly #waiters = new Set<string>();
  /** Paused queues, with what was told of them. */
  readonly #paused = new Map<string, string>();
  /** Ends since the start. */
  readonly counts = { succeeded: 0, failed: 0, retried: 0 };

  constructor(
    logger: Logger,
    events: EventSink,
    options: { readonly hostname: string; readonly logResults: boolean },
    clock: Pick<Clock, "now" | "monotonicMs">,
    extensions: Extensions | null = null,
  ) {
    this.signals = new WorkerSignals(options.hostname, extensions);
    this.#events = events;
    this.#clock = clock;
    this.#hostname = options.hostname;
    this.#entries = withFields(logger, { component: "worker", node: options.hostname }, () => clock.now());
    this.log = this.#entries.singleLine();
    this.#ends = new EndReport({
      ...{ log: this.log, entries: this.#entries, logResults: options.logResults },
      emit: (type, fields) => this.#emit(type, fields),
      deadLettered: (letter, because) => this.deadLettered(letter, because),
    });
  }

  /** What went wrong around the runs. */
  failure(head: string, error: unknown): void {
    this.#entries.error(failureEntry(head, error), { err: error });
  }

  /** What a task or a child wrote: a line without control characters; `fields` of the run that wrote it. */
  wrote(line: string, fields?: LogFields): void {
    this.#entries.warn(line, fields);
  }

  /** What a child logged. */
  logged(level: LogLevel, message: string, fields: LogFields): void {
    this.#entries[level](message, fields);
  }

  online(): void {
    this.#emit("worker-online", {});
  }

  offline(reason: string): void {
    this.#emit("worker-offline", { reason });
  }

  beat(fields: EventMap["worker-heartbeat"]): void {
    this.#emit("worker-heartbeat", fields);
  }

  /** What a run tells of itself; its type and fields were checked where it is. */
  custom({ delivery: { id, task, queue } }: Reservation, type: `task-${string}`, fields: object): void {
    // No type of ours: who listens to it knows its fields.
    this.#emit(type as EventName, { ...fields, id, task, queue });
  }

  /** Told at most once a second of a run, and kept for those who ask. */
  progress(reservation: Reservation, progress: Progress): void {
    reservation.progress = progress;
    const now = this.#clock.monotonicMs();
    if (now - reservation.progressAt < PROGRESS_MS) return;
    reservation.progressAt = now;
    const { id, task, queue } = reservation.delivery;
    this.#emit("task-progress", { id, task, queue, ...progress });
  }

  received(reservation: Reservation): void {
    const { delivery, label } = reservation;
    if (!this.log.silent) this.log.info(`Task ${label} received`, told(reservation, "task-received"));
    if (delivery.deliveries > 1) {
      this.log.warn(
        `Task ${label} is delivered again (${delivery.deliveries} of ${delivery.maxDeliveries}): ` +
          "the worker or the child that had it was lost",
        told(reservation, "task-received"),
      );
    }
    const { id, task, queue, retries, deliveries } = delivery;
    this.#emit("task-received", { id, task, queue, retries, deliveries });
    this.signals.received(delivery);
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
      { taskId: id, task, event: "dead-lettered" },
    );
    this.#emit("dead-lettered", { id, task, queue, reason });
  }

  /** A claim of this worker has ended it: it expired, or was revoked while it waited. */
  dropped({ id, task, queue, reason }: Dropped): void {
    if (!this.log.silent) {
      const fields = { taskId: id, task, event: "task-revoked" };
      this.log.debug(`Task ${task}[${id}] will not run: ${reason} while it waited`, fields);
    }
    this.#emit("task-revoked", { id, task, queue, reason });
  }

  /** A call of this worker has brought them into another state. */
  graphs(changes: readonly GraphChange[] = []): void {
    for (const { id, name, state, parts } of changes) {
      const type = state === "running" ? "graph-started" : (`graph-${state}` as const);
      this.log[state === "failed" ? "warn" : "info"](`Graph ${name}[${id}] ${type.slice("graph-".length)}`, {
        event: type,
      });
      this.#emit(type, { graph: id, name, parts });
    }
  }

  /** Which queues of this worker are paused now. Each is told of once, and once when it goes on. */
  paused(paused: readonly PausedQueue[]): void {
    if (paused.length + this.#paused.size === 0) return;
    for (const { queue, by, reason, until } of paused) {
      const why = `${until === null ? "" : ` until ${new Date(until).toISOString()}`}${reason === null ? "" : `: ${reason}`}`;
      const told = `Queue ${quote(queue)} is paused by ${by}${why}`;
      if (this.#paused.get(queue) !== told) this.log.warn(told);
      this.#paused.set(queue, told);
    }
    for (const queue of [...this.#paused.keys()]) {
      if (paused.some((each) => each.queue === queue)) continue;
      this.#paused.delete(queue);
      this.log.info(`Queue ${quote(queue)} is no longer paused`);
    }
  }

  started(reservation: Reservation): void {
    const { delivery, lock, waitedMs } = reservation;
    const { id, task, queue, retries, deliveries } = delivery;
    this.#emit("task-started", {
      ...{ id, task, queue, retries, deliveries, waitMs: waitedMs, lock: lock?.name ?? null },
    });
  }

  /** A run waits for another task, and nothing can start here. Once for each task: it will do the same again. */
  waiting(reservation: Reservation, awaited: string): void {
    const { delivery, label } = reservation;
    const { task } = delivery;
    if (this.#waiters.has(task)) return;
    this.#waiters.add(task);
    this.log.warn(
      `Task ${label} waits in get() for task ${awaited} while no slot of this worker is free: unless another worker takes ` +
        "that one, it never starts. Raise the concurrency, give one of the two a queue with workers of its own, or send " +
        "on what is to follow instead of waiting for it",
      told(reservation),
    );
  }

  /** A delivery holds its permit. */
  locked(reservation: Reservation): void {
    const { delivery, label, lock } = reservation;
    if (lock === null) return;
    const { id } = delivery;
    if (!this.log.silent) {
      const fields = { ...told(reservation, "lock-acquired"), lock: lock.name };
      this.log.debug(`Task ${label} holds lock ${quote(lock.name)} (fence ${lock.fence})`, fields);
    }
    this.#emit("lock-acquired", { lock: lock.name, fence: lock.fence, taskId: id });
  }

  /** A delivery that is still ours has lost its permit. */
  unlocked(reservation: Reservation): void {
    const { delivery, label, lock } = reservation;
    if (lock === null) return;
    const { id } = delivery;
    this.log.error(`Task ${label} has lost lock ${quote(lock.name)}: it was broken, or passed on`, {
      ...told(reservation, "lock-lost"),
      lock: lock.name,
    });
    this.#emit("lock-lost", { lock: lock.name, fence: lock.fence, taskId: id });
  }

  /** It was not started, and goes back; called once the store has it. */
  returned(reservation: Reservation): void {
    if (!this.log.silent)
      this.log.debug(`Task ${reservation.label} given back, not started`, told(reservation));
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
    this.#count(outcome.kind);
    this.#ends.tell(reservation, outcome, runtimeMs);
    this.signals.ended(reservation.delivery, outcome);
    this.#unhold(reservation, outcome.kind === "abandoned" ? "lock-lost" : "lock-released");
  }

  #count(kind: Outcome["kind"]): void {
    const { counts } = this;
    if (kind === "succeeded" || kind === "replaced") counts.succeeded++;
    else if (kind === "failed" || kind === "timed-out") counts.failed++;
    else if (kind === "retried") counts.retried++;
  }

  #unhold({ lock, unlocked, delivery }: Reservation, type: "lock-lost" | "lock-released"): void {
    if (lock === null || unlocked) return;
    this.#emit(type, { lock: lock.name, fence: lock.fence, taskId: delivery.id });
  }

  /** The store answered "lost" to an end that was sent twice, so the first sending may be what it has. */
  unclear(reservation: Reservation, outcome: Outcome): void {
    this.log.warn(
      `Task ${reservation.label} ${outcome.kind}, and an answer of the store was lost on the way: ` +
        "either that end is stored, or another worker has the task",
      told(reservation),
    );
  }

  #emit<Name extends EventName>(type: Name, fields: EventMap[Name]): void {
    try {
      this.#events.emit(type, fields, this.#hostname);
    } catch (error) {
      this.failure(`A listener of ${type} threw`, error);
    }
  }
}
