/** The types of signatures. What each form does at run time is in the files beside this one. */
import type { AsyncResult } from "../app/async-result.js";
import type { GetOptions } from "../app/result-reader.js";
import type { SendOptions } from "../tasks/message.js";
import type { OUT, Results, Settled, SignatureType, TaskFailure } from "../tasks/signature.js";

/**
 * A task with arguments and options, or a form made of signatures, that is not sent yet. `In` are the leading arguments that
 * are open, `Out` is what it gives. A value: each of its methods but `delay` and `applyAsync` gives a new one. It has no
 * `then`: `await` would send it.
 */
export interface Signature<in In extends readonly unknown[] = never, out Out = unknown> extends SignatureType<
  In,
  Out
> {
  /**
   * Sends it; resolves when the store has all of it. Codes: those of `Task.delay`, SUNBEAT_USAGE for one that no app has made,
   * SUNBEAT_GRAPH_INVALID, SUNBEAT_GRAPH_TOO_LARGE.
   */
  delay(...open: In): Promise<GraphResult<Out>>;
  /**
   * `delay` with options, which hold for all its parts where these say nothing else: `countdown` and `eta` delay the first
   * ones, `expires` is one instant for all, `taskId` is the id of the graph. Codes as there, and SUNBEAT_OPTION_UNKNOWN,
   * SUNBEAT_OPTION_INVALID.
   */
  applyAsync(open: In, options?: SendOptions): Promise<GraphResult<Out>>;
  /** This one, then `next` with its result. The same as `chain(this, next)`. */
  pipe<N extends AnySignature>(next: Follows<Out, N>): Signature<In, OutOf<N>>;
  /** `next` runs when this has succeeded, with its result; what comes behind this one does not wait for it. */
  link<N extends AnySignature>(next: Follows<Out, N>): Signature<In, Out>;
  /** `next` runs once when this has failed, was revoked or cannot run, with that failure. */
  linkError(next: Signature<[failure: TaskFailure]>): Signature<In, Out>;
  /** `next` runs once, at the first failure of any of its parts. */
  onError(next: Signature<[failure: TaskFailure]>): Signature<In, Out>;
  /** Options of its task; of a form defaults of all its parts. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
  set(options: SendOptions): Signature<In, Out>;
  clone(): Signature<In, Out>;
  /** Headers of all its parts, and of those that they grow. */
  stamp(headers: Readonly<Record<string, string>>): Signature<In, Out>;
}

/** A signature that takes nothing of what comes before it: made by `si`. */
export interface Immutable<out Out = unknown> extends Signature<[], Out> {
  readonly immutable: true;
  linkError(next: Signature<[failure: TaskFailure]>): Immutable<Out>;
  onError(next: Signature<[failure: TaskFailure]>): Immutable<Out>;
  set(options: SendOptions): Immutable<Out>;
  clone(): Immutable<Out>;
  stamp(headers: Readonly<Record<string, string>>): Immutable<Out>;
}

export type AnySignature = Signature<never, unknown>;
export type InOf<S> = S extends Signature<infer I, unknown> ? I : never;
export type OutOf<S> = S extends { readonly [OUT]: () => infer O } ? O : never;

/** Every end of a list of parameters. */
export type Suffix<A extends readonly unknown[]> =
  | A
  | (A extends readonly [unknown?, ...infer R]
      ? number extends A["length"]
        ? never
        : A extends readonly []
          ? never
          : Suffix<R>
      : never);

/** What of the parameters `A` is open when `G` is given. A list that can be read as the whole call is the whole call. */
export type Open<A extends readonly unknown[], G extends readonly unknown[]> = number extends A["length"]
  ? A
  : G["length"] extends 0
    ? A
    : G extends A
      ? []
      : A extends readonly [...infer H, unknown?]
        ? G extends readonly [...infer GH, unknown]
          ? Open<H, GH>
          : A
        : A;

export interface MustBeImmutable {
  readonly "sunbeat: it takes no more arguments; use si()": never;
}
export interface Mismatch<Given, Wanted> {
  readonly "sunbeat: the result before does not fit its first parameter": {
    readonly given: Given;
    readonly wanted: Wanted;
  };
}

/** `N` where it may stand behind what gives `Out`; otherwise a type that says why not. */
export type Follows<Out, N> =
  N extends Immutable<unknown>
    ? N
    : InOf<N> extends readonly []
      ? MustBeImmutable
      : N extends Signature<[Out], unknown>
        ? N
        : Mismatch<Out, InOf<N>>;

type Before<S extends readonly unknown[]> = [never, ...S];
/** The parts of a chain, each compared with the one before. */
export type Chained<S extends readonly unknown[]> = {
  readonly [K in keyof S]: K extends "0"
    ? S[K]
    : K extends keyof Before<S>
      ? Follows<OutOf<Before<S>[K]>, S[K]>
      : never;
};
export type Last<S extends readonly unknown[]> = S extends readonly [...unknown[], infer L]
  ? L
  : S extends readonly (infer E)[]
    ? E
    : never;
export type Outs<M extends readonly unknown[]> = { -readonly [K in keyof M]: OutOf<M[K]> };
type Common<U> = [U] extends [never]
  ? []
  : (U extends unknown ? (u: U) => void : never) extends (u: infer I) => void
    ? I extends readonly unknown[]
      ? I
      : never
    : never;
export type OpenOfAll<M extends readonly unknown[]> = Common<
  M[number] extends infer X ? (X extends Immutable<unknown> ? never : InOf<X>) : never
>;

export interface GroupOptions {
  /** "cancel": the first failure revokes the other members. Default "finish": they run on. */
  readonly errors?: "finish" | "cancel" | undefined;
}

/** Stands for the result of a call of a workflow: in the arguments of another one, in `after`, or as its end. */
export interface Ref<out T> {
  readonly [OUT]: () => T;
}

export interface CallOptions extends SendOptions {
  /** Calls that must have succeeded before, whose results it does not take. */
  readonly after?: readonly Ref<unknown>[] | undefined;
  /** For people: how errors name this call. */
  readonly name?: string | undefined;
}

/** Makes the calls of a workflow. Data decides their order: a call waits for those whose Refs it has. */
export interface Flow {
  call<A extends readonly unknown[], R>(
    task: CanvasTask<A, R>,
    args: { readonly [K in keyof A]: A[K] | Ref<A[K]> },
    options?: CallOptions,
  ): Ref<R>;
  call<R>(signature: Signature<[], R>, options?: CallOptions): Ref<R>;
  /** The results of several calls as a list. */
  all<const T extends readonly Ref<unknown>[]>(
    refs: T,
  ): Ref<{ -readonly [K in keyof T]: T[K] extends Ref<infer V> ? V : never }>;
  /** The end of a call, good or bad. */
  settled<T>(ref: Ref<T>): Ref<Settled<T>>;
}

/** The part of a task that makes signatures. */
export interface CanvasTask<Args extends readonly unknown[], Result> {
  /**
   * A signature that has the last arguments; what comes before it gives those in front of them. Any list that can be read as
   * the whole call is the whole call.
   */
  s<G extends Suffix<Args>>(...given: G): Signature<Open<Args, G>, Result>;
  /** A signature with all arguments: it takes nothing of what comes before it. */
  si(...args: Args): Immutable<Result>;
  /** One part that calls the task with each value, one after the other, and gives the list of results. */
  map(list: readonly Args[0][]): Immutable<Result[]>;
  /** `map` with a list of arguments for each call. */
  starmap(list: readonly Args[]): Immutable<Result[]>;
  /** A group of `starmap`s over at most `size` lists of arguments each. */
  chunks(list: readonly Args[], size: number): Immutable<Result[][]>;
}

/** blocked: waits for parts before it. waiting: for a worker. unrun: it never will, since a part before it failed. */
export type PartState = "blocked" | "waiting" | "running" | "succeeded" | "failed" | "revoked" | "unrun";

export interface GraphProgress {
  /** That of the part that gives the graph's value. */
  readonly state: "running" | "succeeded" | "failed" | "revoked";
  /** Parts with a task. */
  readonly size: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly unrun: number;
  /** Parts that have not ended. */
  readonly open: number;
}

export interface PartsOptions {
  readonly state?: PartState | undefined;
  readonly limit?: number | undefined;
  /** Begins behind the part of this id. */
  readonly after?: string | undefined;
}

export interface PartView {
  readonly id: string;
  readonly task: string;
  readonly state: PartState;
  /** Ids of the parts that it follows. */
  readonly after: readonly string[];
}

/** What became, or becomes, of a graph. `get`, `state` and the rest of AsyncResult tell of its value. */
export interface GraphResult<R = unknown> extends AsyncResult<R> {
  readonly graphId: string;
  progress(): Promise<GraphProgress>;
  parts(options?: PartsOptions): AsyncIterable<PartView>;
  /** The results of a group, in order, read while they are asked for. */
  results(): R extends readonly (infer E)[] ? AsyncIterable<E> : never;
  /** Handles of the members of a group, of each the task that gives its value; of another graph its output alone. */
  members(): Promise<AsyncResult[]>;
  /** How many members have succeeded. */
  completedCount(): Promise<number>;
  /** Whether its value has not come, and may still. */
  waiting(): Promise<boolean>;
  /** The same as `get`. */
  join(options?: GetOptions): Promise<R>;
  /** Runs anew what has failed, was revoked or did not run. Code: SUNBEAT_GRAPH_INVALID while it runs, and after success. */
  resume(): Promise<void>;
  /** Keeps it until it is forgotten, under a name that people read. */
  save(name?: string): Promise<void>;
}

/** The handle of a group, by Celery's name. */
export type GroupResult<R extends readonly unknown[] = unknown[]> = GraphResult<R>;

export type { Results, Settled, TaskFailure };
