import type { EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";

/** An instant as people give it: Date, epoch ms, ISO 8601 text with offset, or anything with `toMillis()`. */
export type InstantLike =
  Date | EpochMs | string | { toMillis(): number } | { readonly epochMilliseconds: number };

/** Options of one send: `applyAsync`, `sendTask`, and `options` of a beat entry. */
export interface SendOptions {
  /** Not before this long from now, by the store's clock. Not together with `eta`. */
  readonly countdown?: Duration;
  /** Not before this instant. */
  readonly eta?: InstantLike;
  /** Worthless this long after sending (a duration; a bare number is seconds) or from this instant on (a Date). */
  readonly expires?: Duration | Date;
  /** Default: a new UUID. Sending an id twice runs it once. */
  readonly taskId?: string;
  readonly queue?: string;
  /** 0 to 9; 9 runs first. Default: the task's, else 0. */
  readonly priority?: number;
  /** Text that travels with the task: `request.headers`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly ignoreResult?: boolean;
  readonly resultExpires?: Duration;
  readonly maxDeliveries?: number;
}
