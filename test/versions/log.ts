/** The log that members write outside the store (member.mjs), beside the lines of support/fault-log.ts. */
import type { EpochMs } from "../../src/core/clock.js";
import { type LogLine, type RunLine } from "../support/fault-log.js";

export type Version = "old" | "new";

interface Line {
  /** The process. */
  readonly by: string;
  /** By the machine's clock, which is that of the store, too. */
  readonly at: EpochMs;
}

/** A run as members write it down. */
export interface MemberRun extends RunLine {
  readonly version: Version;
  readonly retries: number;
  readonly args: readonly unknown[];
}

/** The store has acknowledged a task that was sent by hand. */
export interface SentLine extends Line {
  readonly kind: "sent";
  readonly id: string;
  readonly task: string;
}

/** The result of a task, as its sender got it. */
export interface GotLine extends Line {
  readonly kind: "got";
  readonly id: string;
  readonly value: unknown;
  readonly wanted: unknown;
}

/** A call was refused; without a code it was no error of sunbeat. */
export interface RefusalLine extends Line {
  readonly kind: "refusal";
  readonly what: string;
  readonly code: string | null;
  readonly message: string;
}

/** An edit was acknowledged at `to`; it was asked for at `from`. */
export interface EditLine extends Line {
  readonly kind: "edit";
  readonly what: "set" | "pause" | "resume" | "delete";
  readonly entry: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The argument of its runs from then on. */
  readonly next?: number;
}

/** A worker has made a dead letter. */
export interface DeadLine extends Line {
  readonly kind: "dead";
  readonly id: string;
  readonly task: string;
  readonly reason: string;
}

/** A run has its lock, and gives it back. */
export interface LockLine extends Line {
  readonly kind: "enters" | "leaves";
  readonly fence: number;
}

export type MemberLine = SentLine | GotLine | RefusalLine | EditLine | DeadLine | LockLine;

/** The lines of one kind. */
export function membersOf<Kind extends MemberLine["kind"]>(
  log: readonly (LogLine | MemberLine)[],
  kind: Kind,
): Extract<MemberLine, { kind: Kind }>[] {
  return log.filter((line): line is Extract<MemberLine, { kind: Kind }> => line.kind === kind);
}

export function runsOf(log: readonly (LogLine | MemberLine)[]): MemberRun[] {
  return log.filter((line): line is MemberRun => line.kind === "run");
}

/** By the name that the crew gives a member. */
export function versionOf(by: string): Version {
  return by.startsWith("old") ? "old" : "new";
}
