/** The part of the port that knows what is special about a queue: its turns, its lanes, its pause. */
import type { MessageLane } from "../../tasks/message.js";
import type { PausedQueue } from "../contracts/queues.js";

/** What a turn needs to know of a message. */
export interface InLane extends MessageLane {
  readonly priority: number;
}

/** Turns are numbers that grow, of each priority of a queue by themselves. */
export interface LaneRecords {
  isFair(queue: string): boolean;
  makeFair(queue: string): void;
  /** With the message, until that is removed. */
  keep(id: string, lane: MessageLane): void;
  /** Without one of its own it is in the lane "". */
  of(message: { readonly id: string }): InLane;
  /** The last turn that was taken; below those that are given from now on where none was. */
  taken(queue: string, priority: number): number;
  setTaken(queue: string, priority: number, turn: number): void;
  /** The last turn that a lane was given, with its fraction; not after `taken`: the lane is idle. */
  last(queue: string, priority: number, lane: string): number;
  setLast(queue: string, priority: number, lane: string, turn: number): void;
}

export interface PauseRecords {
  /** Those that are over, too, until they are removed. */
  all(): readonly PausedQueue[];
  put(paused: PausedQueue): void;
  /** Whether it was there. */
  remove(queue: string): boolean;
}
