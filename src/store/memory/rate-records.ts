/** Rate limits in maps, and what waits for tokens in heaps. */
import type { MessageRate } from "../../tasks/message.js";
import type { TaskLimit } from "../contracts/limits.js";
import type { Bucket } from "../rules/bucket.js";
import type { Backlog, RateRecords } from "../rules/rate-records.js";
import { firstUntil, Heap } from "./heap.js";
import { queueOf } from "./queue-map.js";
import type { MemoryState, Message, MessageBacklog } from "./state.js";

export class MemoryRates implements RateRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  any(): boolean {
    const { limits, buckets, backlogs } = this.#state;
    return limits.size + buckets.size + backlogs.size > 0;
  }

  limitOf(task: string): TaskLimit | null {
    return this.#state.limits.get(task) ?? null;
  }

  writeLimit(limit: TaskLimit): void {
    this.#state.limits.set(limit.task, limit);
  }

  removeLimit(task: string): void {
    this.#state.limits.delete(task);
  }

  bucket(name: string): Bucket | null {
    return this.#state.buckets.get(name) ?? null;
  }

  writeBucket(name: string, bucket: Bucket): void {
    this.#state.buckets.set(name, bucket);
  }

  dropFullBuckets(limit: number): number {
    const { buckets, now } = this.#state;
    let dropped = 0;
    for (const [name, { fullAt, shutUntil }] of buckets) {
      if (dropped >= limit) break;
      if (fullAt > now || shutUntil > now) continue;
      buckets.delete(name);
      dropped++;
    }
    return dropped;
  }

  rateOf({ id }: { readonly id: string }): MessageRate | null {
    return this.#state.messages.get(id)?.rate ?? null;
  }

  setRate(message: Message, rate: MessageRate): void {
    message.rate = rate;
  }

  dueBacklogs(queue: string, limit: number): readonly Backlog[] {
    const { queues, now } = this.#state;
    const dues = queues.get(queue)?.backlogs;
    return dues ? firstUntil(dues, limit, now, ({ dueAt }) => dueAt) : [];
  }

  lastBacklog(queue: string): Backlog | null {
    const dues = this.#state.queues.get(queue)?.backlogs;
    return dues?.first(dues.size).at(-1) ?? null;
  }

  firstTurn(queue: string): Backlog | null {
    return this.#state.queues.get(queue)?.turns.peek()?.backlog ?? null;
  }

  backlogsOf(task: string, limit: number, after: Backlog | null): readonly Backlog[] {
    const all = [...this.#state.backlogs.values()].filter((backlog) => backlog.task === task);
    const from = after === null ? 0 : all.findIndex((backlog) => keyOf(backlog) === keyOf(after)) + 1;
    return all.slice(from, from + limit);
  }

  waiting(backlog: Backlog, limit: number): readonly string[] {
    const found = this.#state.backlogs.get(keyOf(backlog));
    return found ? found.waiting.first(limit).map(({ id }) => id) : [];
  }

  enter(message: Message, backlog: Backlog): boolean {
    const { backlogs, queues } = this.#state;
    const before = backlogs.get(keyOf(backlog));
    const found = before ?? this.#open(backlog);
    found.waiting.push(message, -message.priority, message.sequence);
    message.backlog = found;
    // The queue is there: the message counts as blocked in it.
    if (!before) place(queues.get(message.queue)!, found);
    return before !== undefined;
  }

  #open({ bucket, queue, task, dueAt, turnAt }: Backlog): MessageBacklog {
    const tie = ++this.#state.sequence;
    const opened: MessageBacklog = {
      ...{ bucket, queue, task, dueAt, turnAt, tie, slot: -1, waiting: new Heap() },
      turn: { slot: -1, backlog: null },
    };
    opened.turn.backlog = opened;
    this.#state.backlogs.set(keyOf(opened), opened);
    return opened;
  }

  writeBacklog(backlog: Backlog): void {
    const found = this.#state.backlogs.get(keyOf(backlog));
    if (!found) return;
    const queue = queueOf(this.#state, found.queue);
    queue.backlogs.remove(found);
    queue.turns.remove(found.turn);
    found.dueAt = backlog.dueAt;
    found.turnAt = backlog.turnAt;
    place(queue, found);
  }
}

function keyOf({ bucket, queue }: Pick<Backlog, "bucket" | "queue">): string {
  return JSON.stringify([bucket, queue]);
}

function place(queue: ReturnType<typeof queueOf>, backlog: MessageBacklog): void {
  queue.backlogs.push(backlog, backlog.dueAt, backlog.tie);
  queue.turns.push(backlog.turn, backlog.turnAt, backlog.tie);
}

/** A message waits in it no more. One without messages is gone. */
export function leaveBacklog(state: MemoryState, message: Message): void {
  const { backlog } = message;
  if (!backlog) return;
  message.backlog = null;
  backlog.waiting.remove(message);
  if (backlog.waiting.size > 0) return;
  const queue = queueOf(state, backlog.queue);
  queue.backlogs.remove(backlog);
  queue.turns.remove(backlog.turn);
  state.backlogs.delete(keyOf(backlog));
}
