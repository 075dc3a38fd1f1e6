import type { EpochMs } from "../core/clock.js";
import type { Failure } from "../core/failure.js";

/** What every event carries. */
export interface EventBase {
  /** Who tells: the worker by its name, otherwise the machine. */
  readonly hostname: string;
  readonly pid: number;
  /** When it was told, by this process's clock. */
  readonly timestamp: EpochMs;
  /** Lamport time: more than that of whatever this process had heard of when it was told. */
  readonly clock: number;
  /** Of the process that tells: random, new for each. */
  readonly boot: string;
  /** 1, 2, ... within the boot: of what is told here; in `watch` of what is told to watches. */
  readonly seq: number;
}

interface TaskFields {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
}

interface LockFields {
  readonly lock: string;
  readonly taskId: string | null;
}

interface QueueFields {
  readonly queue: string;
  /** User and machine. */
  readonly by: string;
  readonly reason: string | null;
}

interface GraphFields {
  /** Id of the graph. */
  readonly graph: string;
  /** Of a workflow its own; else "chain", "group", "chord" and the like. */
  readonly name: string;
  /** How many it has. */
  readonly parts: number;
}

interface AlertFields {
  /** Of one raising. */
  readonly id: string;
  readonly kind: string;
  /** Entry, queue or node; "" where there is one for the whole system. */
  readonly subject: string;
  readonly severity: "critical" | "error" | "warning";
  /** One line for people. */
  readonly text: string;
  readonly raisedAt: EpochMs;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The facts of this process by name, each told after it is true in the store. Celery's names where it has one. */
export interface EventMap {
  /** The store has the message. */
  "task-sent": TaskFields & {
    readonly eta: EpochMs | null;
    readonly expires: EpochMs | null;
    /** The task that has sent it. */
    readonly parentId: string | null;
    /** The first task of its tree; of the first its own id. */
    readonly rootId: string;
    /** The entry that it is a run of. */
    readonly entry: string | null;
  };
  /** A worker holds it. */
  "task-received": TaskFields & { readonly retries: number; readonly deliveries: number };
  /** `waitMs`: since it was sent, or since its eta, by the store's clock. */
  "task-started": TaskFields & {
    readonly retries: number;
    readonly deliveries: number;
    readonly waitMs: number;
    readonly lock: string | null;
  };
  /** `self.progress` and `self.updateState`, at most once a second of one run: `done` and `total`, or `state` and `meta`, cut to 1 kB of JSON. */
  "task-progress": TaskFields & {
    readonly done?: number;
    readonly total?: number;
    readonly state?: string;
    readonly meta?: unknown;
  };
  /** `waitMs`: as that of `task-started`. */
  "task-succeeded": TaskFields & { readonly runtimeMs: number; readonly waitMs: number };
  "task-failed": TaskFields & { readonly runtimeMs: number; readonly error: Failure };
  "task-retried": TaskFields & {
    readonly runtimeMs: number;
    readonly delayMs: number;
    /** Retries before this one. */
    readonly retries: number;
    readonly error: Failure;
  };
  /** The child process or thread that ran it is gone. It is back in its queue, or a dead letter where that was its last delivery. */
  "task-lost": TaskFields & {
    readonly deliveries: number;
    readonly error: Failure;
    /** Its exit code; null: a signal ended it, or it never began. */
    readonly exit: number | null;
    /** The signal that ended it. */
    readonly signal: string | null;
  };
  /** The task threw `Ignore`: it ended without a result. */
  "task-ignored": TaskFields;
  /** The task threw `Reject`, or this worker cannot run it (`runtimeMs` 0). With `requeued` it is back in its queue. */
  "task-rejected": TaskFields & {
    readonly runtimeMs: number;
    readonly reason: string;
    readonly requeued: boolean;
  };
  /** It will not run; "terminated": it was stopped while it ran. By the worker that had it, or by whoever called the store that ended it. */
  "task-revoked": TaskFields & { readonly reason: "revoked" | "expired" | "terminated" };
  /** The task called `self.cooldown`: no run of its rate limit begins for so long. It comes back then. */
  "task-cooldown": TaskFields & { readonly delayMs: number };
  /** The run ended and others have taken its place: the task ends as they do. `graph` is that of both. */
  "task-replaced": TaskFields & { readonly graph: string; readonly parts: number };
  /** The message is among the dead letters of its queue: a worker put it there, or its claim did. */
  "dead-lettered": TaskFields & { readonly reason: string };
  /** `lateMs`: how long after its due time; its jitter is in it. */
  "schedule-sent": {
    readonly entry: string;
    readonly due: EpochMs;
    readonly taskId: string;
    readonly lateMs: number;
  };
  /** One occurrence (`from` equals `to`), or a range of `count` skipped for one reason. */
  "schedule-skipped": {
    readonly entry: string;
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly count: number;
    readonly reason: string;
  };
  /** The entry cannot be sent (definition, missing code, schedule or args function that throws); it is tried again. */
  "schedule-failed": { readonly entry: string; readonly reason: string };
  /**
   * An entry was set, paused, resumed or deleted from this process; or a beat that starts has written one that code declares ("set"),
   * or disabled one that code declares no more ("left-code"), or under another name ("renamed"). `by`: user and machine, of a beat the owner ("code:shop").
   */
  "schedule-changed": {
    readonly entry: string;
    readonly action: "set" | "pause" | "resume" | "delete" | "left-code" | "renamed";
    readonly by: string;
  };
  /**
   * Other time zone data, or a calendar that was written, have moved what was due next (`from`); `to` null: nothing comes any more.
   * `because`: "tz 2025c -> 2026a", "calendar DE-BY". `passed`: by the new data a tick was due that is over; it is not made up.
   */
  "schedule-moved": {
    readonly entry: string;
    readonly from: EpochMs;
    readonly to: EpochMs | null;
    readonly because: string;
    readonly passed: boolean;
  };
  /**
   * By a beat that leads, once a day: the last day that a calendar covers is near, or over; `days` until then. What comes after counts
   * as open. `digest` is equal for calendars with equal days.
   */
  "calendar-ends": {
    readonly calendar: string;
    readonly to: string;
    readonly days: number;
    readonly digest: string;
  };
  /**
   * A beat that does not register entries (`register: "apply"`) has found, at its start, `count` of them stored otherwise than code declares
   * them. `kinds`: how many "missing", "changed", "undeclared", "taken", "disabled", "paused", "older", "newer"; `entries`: the first ten.
   */
  "schedule-drift": {
    readonly count: number;
    readonly kinds: Readonly<Record<string, number>>;
    readonly entries: readonly string[];
  };
  "beat-leading": { readonly term: string };
  "beat-stepped-down": { readonly term: string; readonly reason: string };
  /** A round of the beat took longer than its lease allows. */
  "beat-stalled": { readonly afterMs: number };
  /**
   * More is due than the beat may start in a second (`maxStartsPerSecond`): that began, or has ended. `count`: when it began the
   * entries found waiting, at least; when it has ended the starts made since. `since`: of the store's clock, in epoch milliseconds.
   */
  "beat-limited": {
    readonly state: "began" | "ended";
    readonly since: number;
    readonly perSecond: number;
    readonly count: number;
  };
  /** The store's clock moved by `byMs` more than time passed; negative: it went back. */
  "clock-jump": { readonly byMs: number };
  /** The task found its lock busy, and its `onBusy` is "skip". */
  "task-skipped": TaskFields & { readonly lock: string };
  /** `taskId`: the task that holds or waits; null: a program does, by `app.locks` or inside a task. */
  "lock-acquired": LockFields & { readonly fence: number };
  /** It is busy: the task is blocked, goes back to its queue for `retryInMs`, or the program stands in line. */
  "lock-waiting": LockFields & { readonly retryInMs?: number };
  "lock-released": LockFields & { readonly fence: number };
  /** The store ended it, or could not be asked in time: somebody else may hold it. */
  "lock-lost": LockFields & { readonly fence: number };
  /** A permit was ended by hand, from this process. */
  "lock-broken": { readonly lock: string; readonly token: string };
  /** All of it is in the store, or a run of a message that was no part has replaced itself. */
  "graph-started": GraphFields;
  /** The part that gives its value has succeeded; others may still run. */
  "graph-succeeded": GraphFields;
  /** Its value cannot be had any more. */
  "graph-failed": GraphFields;
  "graph-revoked": GraphFields;
  /** What has failed in it runs anew. */
  "graph-resumed": GraphFields;
  /** By whoever did it, from this process. */
  "queue-paused": QueueFields;
  /** It was paused. One whose pause ends by its time is not told of. */
  "queue-resumed": QueueFields;
  /** A person, or a program that steers, has changed something, or has failed to: the row of the audit. */
  "operator-action": {
    readonly by: string;
    readonly via: "cli" | "dashboard" | "api" | "program";
    readonly from: string;
    readonly verb: string;
    readonly target: string;
    readonly args: string;
    readonly outcome: string;
  };
  /** Told once of each, by the node that watches. */
  "alert-raised": AlertFields;
  "alert-cleared": AlertFields & { readonly clearedAt: EpochMs };
  /** With its alert: nobody sent it within its grace. */
  "schedule-missed": { readonly entry: string; readonly due: EpochMs; readonly graceMs: number };
  /** With its alert: no beat leads. */
  "beat-missing": {
    readonly since: EpochMs;
    /** Entries that are due and nobody sends; those that were looked at. */
    readonly dueEntries: number;
  };
  /** With its alert: the node is silent, and did not say that it leaves. `leased`: tasks that it had. */
  "worker-lost": { readonly node: string; readonly lastSeen: EpochMs; readonly leased: number };
  "worker-online": object;
  "worker-offline": { readonly reason: string };
  /** Each 2 s, only while somebody watches this type. */
  "worker-heartbeat": {
    readonly active: number;
    readonly processed: number;
    readonly loadavg: readonly number[];
    /** Seconds from one to the next. */
    readonly freq: number;
    readonly sw_ident: string;
    readonly sw_ver: string;
    readonly sw_sys: string;
    /** Bytes. */
    readonly rss: number;
    /** How much later the event loop came to it than it should have. */
    readonly lagMs: number;
    readonly slots: number;
  };
}

export type EventName = keyof EventMap;

/** One that a task tells by `self.sendEvent`, as it comes from other processes and in this one. */
export interface CustomTaskEvent extends EventBase, TaskFields {
  /** None of `EventMap`. */
  readonly type: `task-${string}`;
  readonly [field: string]: unknown;
}

/** What is told of an error to other processes; its stack is in the result. */
export interface EventError {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

/** A watch has missed so many events of one teller: what was drawn from events is to be read again. */
export interface EventsLost {
  readonly type: "events-lost";
  /** Node name of who told them. */
  readonly hostname: string;
  readonly count: number;
}

type Watched<Name extends EventName> = {
  [N in Name]: { readonly type: N } & EventBase & {
      [Field in keyof EventMap[N]]: Field extends "error" ? EventError : EventMap[N][Field];
    };
}[Name];

/**
 * One event as a watch gives it. Events of tasks' own (`CustomTaskEvent`) come, too; they are no part of this type, so that `type`
 * tells the known ones apart.
 */
export type WatchedEvent<Name extends EventName = EventName> = Watched<Name> | EventsLost;

/** One event as a listener gets it. */
export type SunbeatEvent<Name extends EventName = EventName> = {
  [N in Name]: { readonly type: N } & EventBase & EventMap[N];
}[Name];
