/** What a worker hears on the channel. Each of it is a hint: the heartbeat, or the next claim, says the same a little later. */
import type { EntryLogger } from "../core/entry-logger.js";
import type { Channel } from "../store/contracts/channel.js";
import type { Heartbeat } from "./heartbeat.js";
import type { RunQueue } from "./run-queue.js";

const TOPICS = ["revoke", "cancel", "graph", "pause"] as const;
type Topic = (typeof TOPICS)[number];

interface HearingParts {
  readonly channel: Channel;
  readonly heartbeat: Pick<Heartbeat, "kept">;
  readonly runQueue: Pick<RunQueue, "addPaused" | "endRevoked">;
  readonly log: EntryLogger;
  /** Its queues as they are when something is heard. */
  readonly queues: readonly string[];
}

/** Until it works, or null when the worker is stopped meanwhile. What comes too late is handed to `undo`. */
export type InsistAtStart = <T>(
  what: string,
  attempt: () => Promise<T>,
  undo: (late: T) => void,
) => Promise<T | null>;

export class Hearing {
  readonly #parts: HearingParts;
  readonly #ends: (() => void)[] = [];

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  /** False: the worker was stopped meanwhile. */
  async open(insist: InsistAtStart): Promise<boolean> {
    const { channel } = this.#parts;
    for (const topic of TOPICS) {
      const subscribe = (): Promise<() => void> =>
        channel.subscribe(topic, (payload) => this.#heard(topic, payload));
      const end = await insist("subscribe", subscribe, (late) => late());
      if (end === null) return false;
      this.#ends.push(end);
    }
    return true;
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #heard(topic: Topic, payload: string): void {
    if (topic === "graph") return this.#endGraph(payload);
    if (topic === "pause") return this.#pause(payload);
    const { heartbeat, runQueue, log } = this.#parts;
    let ids: unknown;
    try {
      ids = JSON.parse(payload);
    } catch {
      return log.warn(`A message on the channel topic "${topic}" is not a JSON array of ids`);
    }
    if (!Array.isArray(ids)) return;
    const told = new Set<unknown>(ids);
    for (const reservation of heartbeat.kept) {
      if (told.has(reservation.delivery.id)) reservation[topic]();
    }
    runQueue.endRevoked();
  }

  #pause(queue: string): void {
    const { queues, runQueue } = this.#parts;
    if (queues.includes(queue)) runQueue.addPaused(queue);
  }

  #endGraph(graph: string): void {
    const { heartbeat, runQueue } = this.#parts;
    for (const reservation of heartbeat.kept) {
      if (reservation.delivery.part?.graph === graph) reservation.revoke();
    }
    runQueue.endRevoked();
  }
}
