/** The part of the port that unique keys need. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageUnique } from "../../tasks/message.js";

/** Who has a key. */
export interface UniqueKey {
  /** The message that has it, or of a timed one had it. */
  readonly owner: string;
  /** Until when it keeps others away; null: until the owner lets go of it. */
  readonly endsAt: EpochMs | null;
  /** Its time alone ends it, once the owner has begun. */
  readonly isTimed: boolean;
  /** The message that is blocked until the owner lets go of it; null: none. */
  readonly waiting: string | null;
}

export interface UniqueRecords {
  /** Whether any message has a unique key: looked at once a step. */
  readonly hasAny: boolean;
  find(key: string): UniqueKey | null;
  put(key: string, record: UniqueKey): void;
  remove(key: string): void;
  /** What a message says of its key, until it has ended or let go of it. */
  ofMessage(id: string): MessageUnique | null;
  note(id: string, unique: MessageUnique): void;
  forget(id: string): void;
  /** Keys whose time is over and for which nobody waits, at most `limit`; gives their number. */
  sweep(limit: number): number;
}
