import type { EpochMs } from "../core/clock.js";
import type { Failure } from "../core/failure.js";

/** What every event carries. */
export interface EventBase {
  /** Who tells: the worker by its name, otherwise the machine. */
  readonly hostname: string;
  readonly pid: number;
  /** When it was told, by this process's clock. */
  readonly timestamp: EpochMs;
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

interface GraphFields {
  /** Id of the graph. */
  readonly graph: string;
  /** Of a workflow its own; else "chain", "group", "chord" and the like. */
  readonly name: string;
}

/** The facts of this process by name, each told after it is true in the store. Celery's names where it has one. */
export interface EventMap {
  /** The store has the message. */
  "task-sent": TaskFields;
  /** A worker holds it. */
  "task-received": TaskFields & { readonly retries: number; readonly deliveries: number };
  "task-started": TaskFields;
  "task-succeeded": TaskFields & { readonly runtimeMs: number };
  "task-failed": TaskFields & { readonly runtimeMs: number; readonly error: Failure };
  "task-retried": TaskFields & { readonly delayMs: number; readonly error: Failure };
  /** The task threw `Ignore`: it ended without a result. */
  "task-ignored": TaskFields;
  /** The task threw `Reject`, or this worker cannot run it. With `requeued` it is back in its queue. */
  "task-rejected": TaskFields & { readonly reason: string; readonly requeued: boolean };
  "task-revoked": TaskFields;
  /** The run ended and others have taken its place: the task ends as they do. `graph` is that of both. */
  "task-replaced": TaskFields & { readonly graph: string; readonly parts: number };
  /** The message is among the dead letters of its queue: a worker put it there, or its claim did. */
  "dead-lettered": TaskFields & { readonly reason: string };
  "schedule-sent": { readonly entry: string; readonly due: EpochMs; readonly taskId: string };
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
  "beat-leading": { readonly term: string };
  "beat-stepped-down": { readonly term: string; readonly reason: string };
  /** A round of the beat took longer than its lease allows. */
  "beat-stalled": { readonly afterMs: number };
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
  "worker-online": object;
  "worker-offline": object;
}

export type EventName = keyof EventMap;

/** One event as a listener gets it. */
export type SunbeatEvent<Name extends EventName = EventName> = {
  [N in Name]: { readonly type: N } & EventBase & EventMap[N];
}[Name];
