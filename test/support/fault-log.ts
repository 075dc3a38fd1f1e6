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
  readonly how: "done" | "retry" | "defer" | "dead" | "replaced";
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

/** The last portion of a chord is on its way; it was revoked. */
export interface ChordLine extends Line {
  readonly kind: "sealing" | "revoked";
  readonly graph: string;
}

/** A run of a part of a chord began. */
export interface PartLine extends Line {
  readonly kind: "part";
  readonly id: string;
  readonly graph: string;
  readonly part: "member" | "grown" | "body" | "after" | "alarm";
  /** Of a body: what it was given. */
  readonly values?: readonly number[];
  /** Of a body: which run it is, its result. Of what comes after it: the one whose result it was given. */
  readonly run?: string;
  /** Of an error callback: the part whose failure it was told. */
  readonly culprit?: string;
}

/** A message with a unique key is on its way; the store has answered; a run of it began, or has done all it does. */
export interface UniqueLine extends Line {
  readonly kind: "asking" | "asked" | "began" | "finished";
  readonly policy: string;
  /** The id by which its result is known; "" for one that is on its way. */
  readonly id: string;
  /** What was asked for: its argument. */
  readonly asked: string;
}

/** It has closed its app and has nothing left to do. */
export interface OverLine extends Line {
  readonly kind: "over";
}

export type LogLine =
  | UniqueLine
  | RunLine
  | ClaimLine
  | SettleLine
  | TermLine
  | RefusedLine
  | PointLine
  | ChordLine
  | PartLine
  | OverLine;

/** In the order in which they were written. A line that a kill has cut off is left out. */
export function readLog(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as LogLine);
}

type LineOf<Kind extends LogLine["kind"]> = LogLine extends infer Each
  ? Each extends { readonly kind: infer Own }
    ? Kind extends Own
      ? Each
      : never
    : never
  : never;

/** The lines of one kind. */
export function linesOf<Kind extends LogLine["kind"]>(log: readonly LogLine[], kind: Kind): LineOf<Kind>[] {
  return log.filter((line): line is LineOf<Kind> => line.kind === kind);
}
