/** The log that the victims of fault tests write outside the store: one line of JSON for each thing that happened. */
import { existsSync, readFileSync } from "node:fs";
import type { EpochMs } from "../../src/core/clock.js";

interface Line {
  /** The process. */
  readonly by: string;
  /** By the machine's clock. */
  readonly at: EpochMs;
}

/** A run of a task began. `entry` and `due` are null for a task that was sent by hand. */
export interface RunLine extends Line {
  readonly kind: "run";
  readonly id: string;
  readonly entry: string | null;
  readonly due: EpochMs | null;
}

/** A delivery was heard of. `number` grows with every delivery of the message. */
export interface ClaimLine extends Line {
  readonly kind: "claim";
  readonly id: string;
  readonly token: string;
  readonly number: number;
}

/** The store has answered to the end of a delivery. */
export interface SettleLine extends Line {
  readonly kind: "settle";
  readonly id: string;
  readonly token: string;
  readonly how: "done" | "retry" | "defer" | "dead";
  readonly outcome: "settled" | "lost";
}

/** A term began; `from` is the store's clock. */
export interface TermLine extends Line {
  readonly kind: "term";
  readonly term: string;
  readonly from: EpochMs;
  /** As the store names its leader. */
  readonly host: string;
}

/** A tick, or an item of one, was refused. */
export interface RefusedLine extends Line {
  readonly kind: "refused";
  readonly outcome: "fenced" | "moved" | "stale" | "early" | "paused" | "gone";
}

/** A named point acted. */
export interface PointLine extends Line {
  readonly kind: "point";
  readonly point: string;
  readonly act: string;
  readonly ms: number;
}

export type LogLine = RunLine | ClaimLine | SettleLine | TermLine | RefusedLine | PointLine;

/** In the order in which they were written. A line that a kill has cut off is left out. */
export function readLog(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as LogLine);
}

/** The lines of one kind. */
export function linesOf<Kind extends LogLine["kind"]>(
  log: readonly LogLine[],
  kind: Kind,
): Extract<LogLine, { kind: Kind }>[] {
  return log.filter((line): line is Extract<LogLine, { kind: Kind }> => line.kind === kind);
}
