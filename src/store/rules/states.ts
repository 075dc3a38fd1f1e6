/** Where a message is, and what may become of it there. */
import type { EpochMs } from "../../core/clock.js";

/**
 * scheduled: its eta has not come. ready: it may be taken, by priority, then by age. leased: in the hands of one worker.
 * blocked: it waits for a blocker, and stands in no queue. dead: a dead letter. Behind each: what may come next; a message
 * that has ended is gone.
 */
export const MOVES = {
  scheduled: ["ready", "blocked", "gone"],
  ready: ["leased", "scheduled", "blocked", "gone"],
  leased: ["ready", "scheduled", "blocked", "dead", "gone"],
  blocked: ["ready", "scheduled", "gone"],
  dead: ["ready", "scheduled", "blocked", "gone"],
} as const;

export type MessageState = keyof typeof MOVES;

/** Where a message may begin. "blocked": a run that its entry buffers, or a part of a graph. */
export const FIRST_STATES = ["scheduled", "ready", "blocked"] as const satisfies readonly MessageState[];

/**
 * Blockers that somebody frees. entry: the unfinished runs of its entry. lock: a permit. part: other parts of its graph. unique:
 * the message that has its unique key.
 */
export const FREED_BLOCKERS = ["entry", "lock", "part", "unique"] as const;
/** What a blocked message waits for. rate: a token, which comes with time. */
export type Blocker = (typeof FREED_BLOCKERS)[number] | "rate";

/** What these block counts as waiting in its queue; what an entry buffers is the entry's, a part its graph's. */
export const COUNTED_BLOCKERS: readonly Blocker[] = ["lock", "rate", "unique"];

/** Whether a message was revoked. TO_DROP: dropped when it would be claimed again; TO_STOP: its worker is told too. */
export const NOT_REVOKED = 0;
export const TO_DROP = 1;
export const TO_STOP = 2;
export type Revoked = typeof NOT_REVOKED | typeof TO_DROP | typeof TO_STOP;

/** Where a message goes that may be taken from its eta on. */
export function queuedState(eta: EpochMs | null, now: EpochMs): "ready" | "scheduled" {
  return eta !== null && eta > now ? "scheduled" : "ready";
}
