/** What a watch has told so far, put together: Celery's `State`. Events may come in any order; the later one holds. */
import type { EpochMs } from "../core/clock.js";
import type { EventError, WatchedEvent } from "./event-map.js";
import { ScheduleState, type SeenCalendar, type SeenDrift, type SeenMove } from "./schedule-state.js";
import { numberOf, put, type ToldEvent } from "./seen.js";

export interface SeenTask {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** Type of the latest event of it. */
  readonly last: string;
  readonly state: SeenState;
  /** Node name of who told it. */
  readonly worker: string;
  readonly timestamp: EpochMs;
  readonly sentAt: EpochMs | null;
  readonly receivedAt: EpochMs | null;
  readonly startedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly runtimeMs: number | null;
  readonly retries: number;
  readonly error: EventError | null;
  readonly reason: string | null;
  readonly progress: { readonly done: number; readonly total: number } | null;
}

/** "PENDING": sent, and no worker has told of it. */
export type SeenState =
  "PENDING" | "RECEIVED" | "STARTED" | "SUCCESS" | "FAILURE" | "RETRY" | "REVOKED" | "REJECTED" | "IGNORED";

export interface SeenWorker {
  readonly hostname: string;
  readonly pid: number;
  /** It has told that it begins, or anything since; false: it has told that it ends. */
  readonly online: boolean;
  /** When it last told anything, by its clock. */
  readonly lastAt: EpochMs;
  readonly active: number;
  readonly processed: number;
  readonly slots: number | null;
  readonly loadavg: readonly number[];
  /** Seconds between heartbeats; null: none came. */
  readonly freq: number | null;
}

const MOST_TASKS = 10_000;
const MOST_WORKERS = 1_000;
/** Heartbeats that may be missing before a worker counts as gone. */
const MISSED_BEATS = 5;

const STATES: Readonly<Record<string, SeenState>> = {
  "task-sent": "PENDING",
  "task-received": "RECEIVED",
  "task-started": "STARTED",
  "task-progress": "STARTED",
  "task-succeeded": "SUCCESS",
  "task-failed": "FAILURE",
  "task-retried": "RETRY",
  "task-revoked": "REVOKED",
  "task-rejected": "REJECTED",
  "task-ignored": "IGNORED",
  "task-skipped": "IGNORED",
  "task-lost": "RETRY",
  "dead-lettered": "REJECTED",
};

type Changing<T> = { -readonly [K in keyof T]: T[K] };

export class EventState {
  readonly #tasks = new Map<string, Changing<SeenTask> & { clock: number }>();
  readonly #workers = new Map<string, Changing<SeenWorker>>();
  readonly #schedules = new ScheduleState();
  readonly #counts = new Map<string, number>();
  #lost = 0;

  /** By id, that which changed last at the end: at most 10,000, the oldest go. */
  get tasks(): ReadonlyMap<string, SeenTask> {
    return this.#tasks;
  }

  /** By node name: at most 1,000. */
  get workers(): ReadonlyMap<string, SeenWorker> {
    return this.#workers;
  }

  /** By name, those that end soon or have ended, as told last: at most 1,000. */
  get calendars(): ReadonlyMap<string, SeenCalendar> {
    return this.#schedules.calendars;
  }

  /** By node name, of beats that do not register entries; gone once the node has begun anew: at most 1,000. */
  get drift(): ReadonlyMap<string, SeenDrift> {
    return this.#schedules.drift;
  }

  /** By entry, that which moved last at the end: at most 1,000. */
  get moves(): ReadonlyMap<string, SeenMove> {
    return this.#schedules.moves;
  }

  /** How many events came of each type. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** How many events the watch has missed. */
  get lost(): number {
    return this.#lost;
  }

  /** Those that have not ended, and whose heartbeat is not overdue at `now`. */
  aliveWorkers(now: EpochMs): SeenWorker[] {
    return [...this.#workers.values()].filter(
      ({ online, freq, lastAt }) => online && (freq === null || now - lastAt < freq * 1_000 * MISSED_BEATS),
    );
  }

  /** Takes what a watch gives. */
  event(event: WatchedEvent): void {
    const told = event as unknown as ToldEvent;
    if (told.type === "events-lost") {
      this.#lost += numberOf(told["count"]) ?? 0;
      return;
    }
    if (this.#counts.size < MOST_WORKERS || this.#counts.has(told.type)) {
      this.#counts.set(told.type, (this.#counts.get(told.type) ?? 0) + 1);
    }
    this.#schedules.event(told);
    if (told.type.startsWith("worker-") || isOfWorker(told.type)) this.#worker(told);
    if (typeof told["id"] === "string" && typeof told["task"] === "string") this.#task(told);
  }

  #worker(told: ToldEvent): void {
    const { type, hostname } = told;
    if (type === "worker-lost") return;
    const before = this.#workers.get(hostname) ?? newWorker(told);
    const at = numberOf(told["timestamp"]) ?? 0;
    if (at >= before.lastAt) {
      before.lastAt = at;
      before.online = type !== "worker-offline";
      if (type === "worker-heartbeat") {
        before.active = numberOf(told["active"]) ?? 0;
        before.processed = numberOf(told["processed"]) ?? 0;
        before.slots = numberOf(told["slots"]);
        before.freq = numberOf(told["freq"]);
        const load = told["loadavg"];
        before.loadavg = Array.isArray(load) ? load.filter((value) => typeof value === "number") : [];
      }
    }
    put(this.#workers, hostname, before, MOST_WORKERS);
  }

  #task(told: ToldEvent): void {
    const { type } = told;
    const id = told["id"] as string;
    const clock = numberOf(told["clock"]) ?? 0;
    const task = this.#tasks.get(id) ?? newTask(id, told);
    note(task, told);
    if (clock >= task.clock) {
      task.clock = clock;
      task.last = type;
      task.state = STATES[type] ?? task.state;
      task.timestamp = numberOf(told["timestamp"]) ?? 0;
      if (type !== "task-sent") task.worker = told.hostname;
    }
    put(this.#tasks, id, task, MOST_TASKS);
  }
}

/** A worker has told it. */
function isOfWorker(type: string): boolean {
  return type.startsWith("task-") && type !== "task-sent" && type in STATES;
}

/** What an event tells of a task, whatever came before it. */
function note(task: Changing<SeenTask>, told: ToldEvent): void {
  const at = numberOf(told["timestamp"]) ?? 0;
  const { type } = told;
  if (type === "task-sent") task.sentAt = at;
  else if (type === "task-received") task.receivedAt = at;
  else if (type === "task-started") task.startedAt = at;
  else if (type !== "task-progress" && type in STATES) task.endedAt = at;
  task.runtimeMs = numberOf(told["runtimeMs"]) ?? task.runtimeMs;
  task.retries = Math.max(task.retries, numberOf(told["retries"]) ?? 0);
  if (typeof told["reason"] === "string") task.reason = told["reason"];
  if (typeof told["error"] === "object" && told["error"] !== null) task.error = told["error"] as EventError;
  const [done, total] = [numberOf(told["done"]), numberOf(told["total"])];
  if (type === "task-progress" && done !== null && total !== null) task.progress = { done, total };
}

function newTask(id: string, told: ToldEvent): Changing<SeenTask> & { clock: number } {
  return {
    ...{
      id,
      task: String(told["task"]),
      queue: typeof told["queue"] === "string" ? told["queue"] : "",
      last: told.type,
    },
    ...{ state: "PENDING", worker: "", timestamp: 0, clock: 0, retries: 0 },
    ...{ sentAt: null, receivedAt: null, startedAt: null, endedAt: null, runtimeMs: null },
    ...{ error: null, reason: null, progress: null },
  };
}

function newWorker(told: ToldEvent): Changing<SeenWorker> {
  return {
    ...{ hostname: told.hostname, pid: numberOf(told["pid"]) ?? 0, online: true, lastAt: 0 },
    ...{ active: 0, processed: 0, slots: null, loadavg: [], freq: null },
  };
}
