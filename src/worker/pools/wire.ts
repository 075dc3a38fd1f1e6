/**
 * What a worker and its children tell each other: data that JSON can hold. Body, inputs and result are the texts that the store
 * has of them, so that neither side makes them anew.
 */
import {
  ConfigurationError,
  type ErrorCode,
  isSunbeatError,
  LockError,
  ResultError,
  ScheduleError,
  StoreError,
  SunbeatError,
  TaskError,
} from "../../core/errors.js";
import type { EpochMs } from "../../core/clock.js";
import type { LogFields, LogLevel } from "../../core/logger.js";
import { describeFailure, type Failure, failureLine } from "../../core/failure.js";
import type { Delivery } from "../../store/contracts/delivery.js";
import type { LogChoice } from "../../logging/index.js";
import { decodeResult } from "../../tasks/payload.js";
import type { Outcome } from "../outcome.js";
import type { ChildApp } from "./options.js";

/** Of the pipe that the watch thread of a child process reads: a `StopOrder` a line. */
export const WATCH_FD = 4;

/** The first message to a child. */
export interface Setup {
  readonly app: ChildApp;
  /** Of the worker, for results and `self.request`. */
  readonly hostname: string;
  /** What the program of the worker was told about logs. */
  readonly log: LogChoice;
  /** Index of the lowest level that its logger takes. */
  readonly lowestLevel: number;
  /** Whether each end tells how much memory the child has. */
  readonly tellsMemory: boolean;
}

export interface RunOrder {
  readonly kind: "run";
  /** Counts the runs of a pool. */
  readonly run: number;
  readonly delivery: Delivery;
  readonly lock: { readonly name: string; readonly fence: number } | null;
  /** By the store's clock. */
  readonly begunAt: EpochMs | null;
}

export type ToChild =
  | { readonly kind: "setup"; readonly setup: Setup }
  | RunOrder
  /** The flag of the child has changed. Of threads; in a process its watch thread says so. */
  | { readonly kind: "look" }
  | { readonly kind: "answer"; readonly call: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly call: number; readonly error: WireError }
  /** A message on a topic that the child has subscribed to. */
  | { readonly kind: "hint"; readonly subscription: number; readonly payload: string }
  /** No run comes any more. */
  | { readonly kind: "leave" };

/** Why a run should stop, in full: what came before is in it, too. It reaches a child whose loop is busy. */
export interface StopOrder {
  readonly run: number;
  readonly lostBecause: string | null;
  readonly revoked: boolean;
  readonly stopping: boolean;
  readonly unlocked: boolean;
  /** The first of them: the reason of the signal. */
  readonly reason: WireError;
}

export type FromChild =
  /** It can take runs of these tasks, each with the revision of its options. */
  | { readonly kind: "ready"; readonly tasks: Readonly<Record<string, number>> }
  /** It cannot load the app, and ends. */
  | { readonly kind: "unfit"; readonly error: WireError }
  | {
      readonly kind: "ended";
      readonly run: number;
      readonly outcome: WireOutcome;
      /** Memory of the child, where it is asked to tell. */
      readonly memoryBytes?: number;
    }
  | StoreCall
  /** Nobody waits for the answer any more. */
  | { readonly kind: "cancel"; readonly call: number }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  /** The run waits for the result of this task. */
  | { readonly kind: "waiting"; readonly run: number; readonly awaited: string }
  /** The run tells an event of its own; `type` null: how far it is. */
  | {
      readonly kind: "event";
      readonly run: number;
      readonly type: `task-${string}` | null;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  /** Nothing comes any more: it ends. */
  | { readonly kind: "left" };

/** A step of the store that the child asks its worker for. */
export interface StoreCall {
  readonly kind: "call";
  readonly call: number;
  /** Null: asked for outside of a run. */
  readonly run: number | null;
  readonly contract: string;
  readonly verb: string;
  readonly args: readonly unknown[];
}

type Succeeded = Extract<Outcome, { kind: "succeeded" }>;
export type WireOutcome = Exclude<Outcome, { kind: "succeeded" }> | Omit<Succeeded, "value">;

const KINDS: ReadonlySet<unknown> = new Set<FromChild["kind"]>([
  "ready",
  "unfit",
  "ended",
  "call",
  "cancel",
  "log",
  "waiting",
  "event",
  "left",
]);

/** The user's code may send messages of its own over the same channel. */
export function isFromChild(message: unknown): message is FromChild {
  return typeof message === "object" && message !== null && "kind" in message && KINDS.has(message.kind);
}

export function toWire(outcome: Outcome): WireOutcome {
  if (outcome.kind !== "succeeded") return outcome;
  const { value: _, ...rest } = outcome;
  return rest;
}

/** `withValue`: whether anybody reads the value, beside its text. */
export function fromWire(outcome: WireOutcome, withValue: boolean): Outcome {
  if (outcome.kind !== "succeeded") return outcome;
  return { ...outcome, value: withValue ? decodeResult(outcome.payload) : undefined };
}

/** An error on its way to the other side, where it is thrown again. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  /** Null: it is none of ours. */
  readonly code: ErrorCode | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** Only of a StoreError. */
  readonly retryable?: boolean;
  readonly cause: Failure | null;
}

export function errorToWire(error: unknown): WireError {
  const failure = describeFailure(error);
  if (!isSunbeatError(error)) {
    const { name, message, cause } = failure;
    return { name, message, code: null, details: {}, cause };
  }
  const { retryable } = error as Partial<StoreError>;
  return {
    name: error.name,
    message: error.message,
    code: error.code,
    details: error.details,
    ...(retryable !== undefined && { retryable }),
    cause: failure.cause,
  };
}

const CLASSES = { ConfigurationError, LockError, ResultError, ScheduleError, TaskError };

export function errorFromWire({ name, message, code, details, retryable, cause }: WireError): Error {
  const init = { details, ...(cause !== null && { cause: new Error(failureLine(cause)) }) };
  if (code === null) return Object.assign(new Error(message, init), { name });
  if (retryable !== undefined) return new StoreError(code, message, { ...init, retryable });
  const Known = Object.hasOwn(CLASSES, name) ? CLASSES[name as keyof typeof CLASSES] : SunbeatError;
  return new Known(code, message, init);
}
