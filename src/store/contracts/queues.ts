/** What operators ask of queues. */
import type { EpochMs } from "../../core/clock.js";

/** Why and for how long no claim takes from a queue. */
export interface Pause {
  /** Who asked for it. */
  readonly by: string;
  readonly reason: string | null;
  /** Null: until somebody resumes it. */
  readonly forMs: number | null;
}

export interface PausedQueue {
  readonly queue: string;
  readonly since: EpochMs;
  readonly by: string;
  readonly reason: string | null;
  /** Null: until somebody resumes it. */
  readonly until: EpochMs | null;
}

export interface QueueCounts {
  readonly queue: string;
  readonly ready: number;
  readonly scheduled: number;
  readonly leased: number;
  readonly dead: number;
  /** By their locks or rate limits; absent: none. */
  readonly blocked?: number;
  /** Messages kept that have failed for good; absent: none. They are in no other number. */
  readonly failed?: number;
  /** Absent: claims take from it. */
  readonly paused?: Omit<PausedQueue, "queue">;
  /**
   * Since when the oldest of the ready messages at the heads of their priorities could be taken. Absent: none is ready, or ages were
   * not asked for.
   */
  readonly oldestReadyAt?: EpochMs;
}

/** The same with numbers of those that have failed. */
export function withFailed(
  counts: readonly QueueCounts[],
  failed: ReadonlyMap<string, number>,
): QueueCounts[] {
  const found = new Map(counts.map((count) => [count.queue, count]));
  for (const [queue, number] of failed) {
    const count = found.get(queue) ?? { queue, ready: 0, scheduled: 0, leased: 0, dead: 0 };
    found.set(queue, { ...count, failed: number });
  }
  return [...found.values()];
}

/** The counts of queues that hold something, and of those that are paused, by name. */
export function withPauses(counts: readonly QueueCounts[], paused: readonly PausedQueue[]): QueueCounts[] {
  const found = new Map(counts.map((count) => [count.queue, count]));
  for (const { queue, ...pause } of paused) {
    const count = found.get(queue) ?? { queue, ready: 0, scheduled: 0, leased: 0, dead: 0 };
    found.set(queue, { ...count, paused: pause });
  }
  return [...found.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

export interface BrowseQuery {
  /** Ready ones in the order in which they are taken, scheduled by eta, leased by the ends of leases, the others by age. */
  readonly state: MessageState;
  /** Only with "blocked". Absent: what blocks them counts for nothing. */
  readonly blocker?: Blocker;
  /** Null: of all queues; only with "scheduled", which has one order over all of them. */
  readonly queue: string | null;
  readonly task?: string;
  /** Where an earlier page ended. */
  readonly after?: string;
  readonly limit: number;
}

export type MessageState = "scheduled" | "ready" | "leased" | "blocked" | "dead";
export type Blocker = "entry" | "lock" | "part" | "rate" | "unique";

export interface BrowsedMessage {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly state: MessageState;
  readonly priority: number;
  readonly eta: EpochMs | null;
  readonly expires: EpochMs | null;
  readonly enqueuedAt: EpochMs;
  readonly retries: number;
  readonly deliveries: number;
  readonly maxDeliveries: number;
  readonly entry: string | null;
}

export interface PeekedMessage extends BrowsedMessage {
  readonly body: string;
  /** Name of the lock that it needs to run; null: none. */
  readonly lock: string | null;
}

export interface BrowsePage {
  readonly messages: readonly BrowsedMessage[];
  /** Null: there is no more. */
  readonly next: string | null;
}

/** An id that was revoked before the store knew it. */
export interface RevokedId {
  readonly id: string;
  /** What comes under it until then is dropped. */
  readonly until: EpochMs;
}

export interface RevokedPage {
  readonly revoked: readonly RevokedId[];
  /** Null: there is no more. */
  readonly next: string | null;
}

export interface Queues {
  /** Every queue that holds something or is paused, by name. `withAges`: with `oldestReadyAt`, which looks at some messages of each. */
  counts(options?: { readonly withAges?: boolean }): Promise<QueueCounts[]>;
  /**
   * Drops what waits (ready, scheduled and blocked) in these queues, without results, and the records of their earlier tries;
   * gives the number dropped.
   */
  purge(queues: readonly string[]): Promise<number>;
  /**
   * From this step on no claim takes from the queue. What is sent to it waits, etas pass, what runs goes on. A pause that is in
   * force is replaced, and keeps its beginning. Publishes the name on the channel topic "pause": who has prefetched from it gives
   * that back.
   */
  pause(queue: string, pause: Pause): Promise<PausedQueue>;
  /** Whether it was paused. */
  resume(queue: string): Promise<boolean>;
  /** By name. */
  paused(): Promise<PausedQueue[]>;
  /** Messages of one state, without their bodies: a page. One step, which looks at some hundreds. */
  browse(query: BrowseQuery): Promise<BrowsePage>;
  /** One message with its body; null: none of this id is stored. */
  peek(id: string): Promise<PeekedMessage | null>;
  /**
   * Ids that `revoke` remembers, by the ends of their times: a page. What is revoked again between two pages goes to the end, and some may
   * come twice.
   */
  revoked(page: { readonly after?: string; readonly limit: number }): Promise<RevokedPage>;
}
