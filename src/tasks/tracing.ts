/** What traces hear of sends, ticks and runs: a port, which `sunbeat/otel` fills. An app that nobody traces has none. */
import type { EpochMs } from "../core/clock.js";
import type { Failure } from "../core/failure.js";
import type { LogFields } from "../core/logger.js";

type Headers = Readonly<Record<string, string>>;

/** A message that is being made. */
export interface TracedMessage {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** The first task of its tree, or its graph. */
  readonly rootId: string;
  /** The entry that it is a run of; null: none. */
  readonly entry: string | null;
  /** The due instant of that run. */
  readonly due: EpochMs | null;
}

/** One call that sends, from the making of its messages to the answer of the store. */
export interface SendTrace {
  /** The headers with which the message travels. */
  carry(message: TracedMessage, headers: Headers): Headers;
  /** `failure`: what the call rejects with; null: the store has the messages. One that never ends was none: nothing was sent. */
  end(failure: { readonly error: unknown } | null): void;
}

/** A run whose function is called next. */
export interface TracedRun extends TracedMessage {
  readonly headers: Headers;
  /** 0 in the first run. */
  readonly retries: number;
  readonly deliveries: number;
  /** Since it could begin, and since it was sent. By the store's clock. */
  readonly waitMs: number;
  readonly sentAgoMs: number;
  /** The lock that it holds; null: none. */
  readonly lock: string | null;
  /** How long ago it began, where it is told of when it has ended; 0: it begins now. */
  readonly ranMs: number;
}

export interface RunTrace {
  /** Calls `fn` so that what it begins is below this run. */
  call<T>(fn: () => T): T;
  /** `failure`: what this attempt failed with; null: it did not. The first end counts. */
  end(failure: Failure | null): void;
}

export interface Tracing {
  /** Whether anybody takes what is told: asked at each send and each run. */
  readonly isHeard: boolean;
  /** `many`: the call sends a number of messages, which is told. */
  send(many: boolean): SendTrace;
  /** One occurrence of an entry, which the beat sends. */
  tick(): SendTrace;
  run(run: TracedRun): RunTrace;
  /** Of the trace that the code here belongs to. */
  fields(): LogFields | undefined;
}

/** What `work` gives, which makes and sends the messages of `trace`. */
export async function inTrace<T>(trace: SendTrace, work: () => T | Promise<T>): Promise<T> {
  try {
    const value = await work();
    trace.end(null);
    return value;
  } catch (error) {
    trace.end({ error });
    throw error;
  }
}
