/** Turns of fair queues in maps. */
import { WITHOUT_LANE } from "../../tasks/lane.js";
import type { InLane, LaneRecords } from "../rules/queue-records.js";
import type { MemoryState, Message, Turns } from "./state.js";

export class MemoryLanes implements LaneRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  isFair(queue: string): boolean {
    const { fair } = this.#state;
    return fair.size > 0 && fair.has(queue);
  }

  makeFair(queue: string): void {
    this.#state.fair.set(queue, new Map());
  }

  /** A message has its lane from the beginning. */
  keep(): void {}

  of({ lane, priority }: Message): InLane {
    const { name, weight } = lane ?? WITHOUT_LANE;
    return { name, weight, priority };
  }

  taken(queue: string, priority: number): number {
    return this.#turns(queue, priority).taken;
  }

  setTaken(queue: string, priority: number, turn: number): void {
    this.#turns(queue, priority).taken = turn;
  }

  last(queue: string, priority: number, lane: string): number {
    return this.#turns(queue, priority).lanes.get(lane) ?? 0;
  }

  setLast(queue: string, priority: number, lane: string, turn: number): void {
    this.#turns(queue, priority).lanes.set(lane, turn);
  }

  #turns(queue: string, priority: number): Turns {
    const priorities = this.#state.fair.get(queue) ?? new Map<number, Turns>();
    let turns = priorities.get(priority);
    if (!turns) {
      turns = { taken: 0, lanes: new Map() };
      priorities.set(priority, turns);
    }
    return turns;
  }
}

/** Drops at most `limit` lanes that are idle, or whose queue has nothing ready; gives their number. */
export function sweepLanes({ fair, queues }: MemoryState, limit: number): number {
  let dropped = 0;
  for (const [queue, priorities] of fair) {
    const isEmpty = (queues.get(queue)?.ready.size ?? 0) === 0;
    for (const turns of priorities.values()) {
      for (const [lane, last] of turns.lanes) {
        if (dropped === limit) return dropped;
        if (last > turns.taken && !isEmpty) continue;
        turns.taken = Math.max(turns.taken, Math.floor(last));
        turns.lanes.delete(lane);
        dropped++;
      }
    }
  }
  return dropped;
}
