/** What senders, workers and the forms of src/canvas know of a signature: a call that is not sent yet. */

/** Carry types alone; no value has them. */
export declare const IN: unique symbol;
export declare const OUT: unique symbol;

/** Where the form of a signature is, for the copy of the package that made it. */
export const FORM: unique symbol = Symbol("sunbeat.form");

/** Written by `toJSON`, read by `fromJSON`. */
export interface SignatureJSON {
  readonly sunbeat: 1;
  readonly [key: string]: unknown;
}

/** A call that takes `In` in front of its own arguments and gives `Out`: what every signature is. */
export interface SignatureType<in In extends readonly unknown[] = never, out Out = unknown> {
  readonly [IN]: (...args: In) => void;
  readonly [OUT]: () => Out;
  toJSON(): SignatureJSON;
}

export function isSignature(value: unknown): value is SignatureType {
  return typeof value === "object" && value !== null && FORM in value;
}

/** The end of a task without a value, as plain data. */
export interface TaskFailure {
  readonly id: string;
  /** Empty where the store does not tell any more. */
  readonly task: string;
  readonly state: "FAILURE" | "REVOKED";
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

/** The end of a task, good or bad: as `Promise.allSettled` gives it. */
export type Settled<T> =
  | { readonly status: "fulfilled"; readonly value: T }
  | { readonly status: "rejected"; readonly reason: TaskFailure };

/** A list of values that are read while they are asked for, a page at a time. Each iteration begins anew. */
export interface Results<out T> extends AsyncIterable<T> {
  readonly length: number;
}
