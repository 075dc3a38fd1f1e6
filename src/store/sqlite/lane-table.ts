/**
 * Turns of fair queues. The turn of a message that is ready stands behind the point of its priority. So the index of ready messages
 * has them in order, those without a turn first.
 */
import type { MessageLane } from "../../tasks/message.js";
import { TURNS_IN_PRIORITY } from "../rules/lanes.js";
import type { InLane, LaneRecords } from "../rules/queue-records.js";
import { READY } from "./schema.js";
import { LIMIT, type Transaction } from "./transaction.js";

export function withTurn(priority: number, turn: number): number {
  return priority - turn / TURNS_IN_PRIORITY;
}

/** Of a message as it stands in its row. */
export function readTurn(stored: number): { readonly priority: number; readonly turn: number | null } {
  const priority = Math.ceil(stored);
  // No negative zero.
  return {
    priority: priority || 0,
    turn: priority === stored ? null : (priority - stored) * TURNS_IN_PRIORITY,
  };
}

/** A turn that is to be written when the step ends. */
interface Given {
  readonly queue: string;
  readonly priority: number;
  readonly lane: string | null;
  turn: number;
  isChanged: boolean;
}

export class LaneTable implements LaneRecords {
  readonly #at: Transaction;
  #hasFair: boolean | null = null;
  readonly #fair = new Map<string, boolean>();
  /** What this step knows: the last turns that were taken, and by lane those that were given. */
  readonly #turns = new Map<string, Given>();

  constructor(at: Transaction) {
    this.#at = at;
  }

  /** Most files have none: it is asked once a step. */
  get hasFair(): boolean {
    this.#hasFair ??= this.#at.get("SELECT 1 FROM fair_queue LIMIT 1") !== undefined;
    return this.#hasFair;
  }

  isFair(queue: string): boolean {
    if (!this.hasFair) return false;
    let isFair = this.#fair.get(queue);
    if (isFair === undefined) {
      isFair = this.#at.get("SELECT 1 FROM fair_queue WHERE queue = ?", queue) !== undefined;
      this.#fair.set(queue, isFair);
    }
    return isFair;
  }

  makeFair(queue: string): void {
    this.#at.run("INSERT INTO fair_queue (queue) VALUES (?)", queue);
    this.#hasFair = true;
    this.#fair.set(queue, true);
  }

  keep(id: string, { name, weight }: MessageLane): void {
    this.#at.run("INSERT OR REPLACE INTO message_lane (id, lane, weight) VALUES (?, ?, ?)", id, name, weight);
  }

  /** When its message is removed. */
  forget(id: string): void {
    if (this.hasFair) this.#at.run("DELETE FROM message_lane WHERE id = ?", id);
  }

  of({ id }: { readonly id: string }): InLane {
    const { stored, ...lane } = this.#at.get<MessageLane & { readonly stored: number }>(
      `SELECT m.priority AS stored, coalesce(l.lane, '') AS name, coalesce(l.weight, 1) AS weight
         FROM message m LEFT JOIN message_lane l ON l.id = m.id WHERE m.id = ?`,
      id,
    )!;
    return { ...lane, priority: readTurn(stored).priority };
  }

  taken(queue: string, priority: number): number {
    return this.#given(queue, priority, null).turn;
  }

  setTaken(queue: string, priority: number, turn: number): void {
    Object.assign(this.#given(queue, priority, null), { turn, isChanged: true });
  }

  last(queue: string, priority: number, lane: string): number {
    return this.#given(queue, priority, lane).turn;
  }

  setLast(queue: string, priority: number, lane: string, turn: number): void {
    Object.assign(this.#given(queue, priority, lane), { turn, isChanged: true });
  }

  /** Writes what has changed. */
  flush(): void {
    for (const given of this.#turns.values()) {
      if (!given.isChanged) continue;
      given.isChanged = false;
      const { queue, priority, lane, turn } = given;
      if (lane === null) {
        const sql = "INSERT OR REPLACE INTO fair_turn (queue, priority, taken) VALUES (?, ?, ?)";
        this.#at.run(sql, queue, priority, turn);
      } else {
        const sql = "INSERT OR REPLACE INTO lane (queue, priority, lane, last) VALUES (?, ?, ?, ?)";
        this.#at.run(sql, queue, priority, lane, turn);
      }
    }
  }

  #given(queue: string, priority: number, lane: string | null): Given {
    const key = `${priority} ${lane === null ? "" : `${lane.length} ${lane}`} ${queue}`;
    let given = this.#turns.get(key);
    if (!given) {
      const row =
        lane === null
          ? this.#at.get<{ turn: number }>(
              "SELECT taken AS turn FROM fair_turn WHERE queue = ? AND priority = ?",
              ...[queue, priority],
            )
          : this.#at.get<{ turn: number }>(
              "SELECT last AS turn FROM lane WHERE queue = ? AND priority = ? AND lane = ?",
              ...[queue, priority, lane],
            );
      given = { queue, priority, lane, turn: row?.turn ?? 0, isChanged: false };
      this.#turns.set(key, given);
    }
    return given;
  }
}

/** Lanes that one sweep looks at. */
const LOOKED_AT = 5_000;

/** The lane behind which the next sweep goes on. */
export interface LanePlace {
  queue: string;
  priority: number;
  lane: string;
}

/** Drops at most `limit` lanes that are idle, or whose queue has nothing ready; gives their number. */
export function sweepLanes(
  step: Transaction & { readonly lanes: LaneTable },
  place: LanePlace,
  limit: number,
): number {
  const { lanes } = step;
  if (!lanes.hasFair) return 0;
  const seen = step.all<LanePlace & { readonly last: number }>(
    `SELECT queue, priority, lane, last FROM lane WHERE (queue, priority, lane) > (?, ?, ?)
       ORDER BY queue, priority, lane ${LIMIT}`,
    ...[place.queue, place.priority, place.lane, LOOKED_AT],
  );
  const isEmpty = new Map<string, boolean>();
  let dropped = 0;
  for (const { queue, priority, lane, last } of seen) {
    if (dropped === limit) return dropped;
    Object.assign(place, { queue, priority, lane });
    const taken = lanes.taken(queue, priority);
    if (last > taken && !isEmpty.has(queue)) {
      const ready = `SELECT 1 FROM message WHERE state = ${READY} AND queue = ? LIMIT 1`;
      isEmpty.set(queue, step.get(ready, queue) === undefined);
    }
    if (last > taken && isEmpty.get(queue) !== true) continue;
    lanes.setTaken(queue, priority, Math.max(taken, Math.floor(last)));
    step.run("DELETE FROM lane WHERE queue = ? AND priority = ? AND lane = ?", queue, priority, lane);
    dropped++;
  }
  if (seen.length < LOOKED_AT) Object.assign(place, FIRST_LANE);
  return dropped;
}

export const FIRST_LANE: LanePlace = { queue: "", priority: -1, lane: "" };
