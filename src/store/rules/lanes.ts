/**
 * Fair queues: whose messages go by turns of lanes, and not by age. A message that becomes ready gets the number of its turn,
 * behind what its lane has and behind what was taken: start-time fair queueing. A claim takes the lowest number and remembers it.
 * A message without a number is older than its queue is fair, and goes first.
 */
import { WITHOUT_LANE } from "../../tasks/lane.js";
import type { MessageLane } from "../../tasks/message.js";
import type { InLane } from "./queue-records.js";
import type { Known, Ready, Records, Sent } from "./records.js";
import { queuedState } from "./states.js";

/** How far apart the turns of a lane of weight 1 are. Turns are whole numbers; a weight is at most this, so that no two of a lane are one. */
export const TURN = 100;
/** A turn stands behind the point of its priority, by so much: 5 in turn n is 5 - n / 2^47, which is exact. */
export const TURNS_IN_PRIORITY = 2 ** 47;

/** What a message says of its lane stays with it, and makes its queue a fair one. */
export function keepLane({ lanes }: Records, { id, queue, lane }: Sent): void {
  if (lane === null) return;
  if (!lanes.isFair(queue)) lanes.makeFair(queue);
  lanes.keep(id, lane);
}

/** Null: its queue is not fair. */
export function laneOf({ lanes }: Records, message: Known): MessageLane | null {
  if (!lanes.isFair(message.queue)) return null;
  const { name, weight } = lanes.of(message);
  return { name, weight };
}

/** Behind all of its lane, and behind what was taken. */
function nextTurn({ lanes }: Records, queue: string, { name, weight, priority }: InLane): number {
  return Math.max(lanes.taken(queue, priority), lanes.last(queue, priority, name)) + TURN / weight;
}

/** Gives a message that has become ready its turn. */
export function takeTurn(records: Records, message: Known): void {
  const { lanes, messages } = records;
  const { queue } = message;
  if (!lanes.isFair(queue)) return;
  const inLane = lanes.of(message);
  const turn = nextTurn(records, queue, inLane);
  lanes.setLast(queue, inLane.priority, inLane.name, turn);
  messages.setTurn(message, inLane.priority, Math.floor(turn));
}

/** Whether a message that is sent takes a turn when it is ready. */
export function takesTurns({ lanes }: Records, { queue, lane }: Sent): boolean {
  return lane !== null || lanes.isFair(queue);
}

/** Stores one that is sent, ready, and takes turns: with its first. Null: it is known, and takes none. */
export function insertWithTurn(records: Records, sent: Sent): Known | null {
  const { lanes, messages } = records;
  const { queue, lane, priority } = sent;
  if (!lanes.isFair(queue)) lanes.makeFair(queue);
  const inLane = { ...(lane ?? WITHOUT_LANE), priority };
  const turn = nextTurn(records, queue, inLane);
  const message = messages.insertUnlessKnown(sent, "ready", Math.floor(turn));
  if (message) lanes.setLast(queue, priority, inLane.name, turn);
  return message;
}

/** Gives one its turn that is ready if its eta says so: one that is scheduled gets its turn when it comes due. */
export function takeTurnIfReady(records: Records, message: Known): void {
  if (queuedState(message.eta, records.now) === "ready") takeTurn(records, message);
}

/** A claim has come to this message. */
export function passTurn({ lanes }: Records, { queue, priority, turn }: Ready): void {
  if (turn !== null && turn > lanes.taken(queue, priority)) lanes.setTaken(queue, priority, turn);
}
