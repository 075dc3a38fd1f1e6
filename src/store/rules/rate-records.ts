/** The port between the rules of rate limits and a store whose steps run in this process: as records.ts. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageRate } from "../../tasks/message.js";
import type { TaskLimit } from "../contracts/limits.js";
import type { Bucket } from "./bucket.js";

/** As records.ts has it. */
interface Known {
  readonly id: string;
  readonly queue: string;
}

/** What waits for tokens of one bucket in one queue. */
export interface Backlog {
  readonly bucket: string;
  readonly queue: string;
  readonly task: string;
  /** When a claim is to look at it: a token is there, as far as was known. */
  readonly dueAt: EpochMs;
  /** The first instant of a token that no claimant was told of. */
  readonly turnAt: EpochMs;
}

export interface RateRecords {
  /** Whether there is a limit, a bucket or a backlog. Most stores have none, so that is asked once a step. */
  any(): boolean;

  limitOf(task: string): TaskLimit | null;
  writeLimit(limit: TaskLimit): void;
  removeLimit(task: string): void;

  /** Null: it is full. */
  bucket(name: string): Bucket | null;
  writeBucket(name: string, bucket: Bucket): void;
  /** Drops at most `limit` of those that are full; gives their number. */
  dropFullBuckets(limit: number): number;

  /** What a message carries. */
  rateOf(message: Pick<Known, "id">): MessageRate | null;
  setRate(message: Known, rate: MessageRate): void;

  /** Those of the queue that are due, the oldest first. */
  dueBacklogs(queue: string, limit: number): readonly Backlog[];
  /** That which is due last. */
  lastBacklog(queue: string): Backlog | null;
  /** That with the first turn. */
  firstTurn(queue: string): Backlog | null;
  backlogsOf(task: string, limit: number, after: Backlog | null): readonly Backlog[];
  /** Ids of the foremost messages in it. One without messages is gone. */
  waiting(backlog: Backlog, limit: number): readonly string[];
  /** A message that is blocked by `rate` already stands in it. A backlog is made when it is not there: whether it was. */
  enter(message: Known, backlog: Backlog): boolean;
  /** New instants of one that is there. */
  writeBacklog(backlog: Backlog): void;
}
