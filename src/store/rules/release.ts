/** What follows when something ends or comes free. */
import type { GraphChange } from "../contracts/graphs.js";
import { dropPart, followEnded, followLine, startParts } from "./graph.js";
import { cancelParts, cancelRange, dropLine, pinParts, resumeParts, unpinParts } from "./graph-portions.js";
import type { Found, Freed, Records } from "./records.js";
import { dropBlockedRun, releaseBufferedRun } from "./runs.js";
import { dropUnrun } from "./messages.js";
import { passKey } from "./send.js";
import { type Blocker, FREED_BLOCKERS } from "./states.js";
import type { TodoLine } from "./todo.js";
import { handOver } from "./waiters.js";

/** Looks again at what waits for `key`, and takes the key out of `freed`. */
const RELEASES: Readonly<Record<keyof Freed, (records: Records, key: string) => void>> = {
  entry: releaseBufferedRun,
  lock: handOver,
  part: followEnded,
  unique: passKey,
};

/** Ends a message that waits, which must not run. */
const DROPS: Readonly<
  Record<Blocker, (records: Records, message: Found, reason: "expired" | "revoked") => void>
> = {
  entry: dropBlockedRun,
  lock: dropUnrun,
  part: dropPart,
  rate: dropUnrun,
  unique: dropUnrun,
};

/**
 * What follows from ended runs, freed permits and ended parts, until nothing follows any more: a released run may take a permit.
 * Every verb that may have ended or freed something calls it before it is over. It does as much as the step has freed, and a
 * step is bounded; what follows from parts beyond its bound is written down, for `goOn`.
 */
export function release(records: Records): void {
  const { freed } = records;
  let isDone = false;
  while (!isDone) {
    isDone = true;
    for (const blocker of FREED_BLOCKERS) {
      for (const key of freed[blocker]) {
        RELEASES[blocker](records, key);
        isDone = false;
      }
    }
  }
}

/** The same, and then what steps before have left, as far as the step's bound goes. */
export function goOn(records: Records): void {
  const { graphs } = records;
  release(records);
  while (graphs.stepsLeft > 0) {
    const line = graphs.takeTodo();
    if (!line) return;
    const rest = workOn(records, line);
    if (rest) graphs.putTodo(rest, "front");
    release(records);
  }
}

function workOn(records: Records, line: TodoLine): TodoLine | null {
  switch (line.kind) {
    case "follow":
      return followLine(records, line);
    case "start":
      return startParts(records, line);
    case "range":
      return cancelRange(records, line);
    case "cancel":
      return cancelParts(records, line);
    case "resume":
      return resumeParts(records, line);
    case "unpin":
      return unpinParts(records, line);
    case "pin":
      return pinParts(records, line);
    case "drop":
      return dropLine(records, line);
    case "tell":
      records.graphs.stepsLeft--;
      records.graphs.changes.push(line.change);
      return null;
  }
}

/** What a reply tells of graphs. */
export function takeChanges({ graphs }: Records): { readonly graphs?: readonly GraphChange[] } {
  const { changes } = graphs;
  if (changes.length === 0) return {};
  graphs.changes = [];
  return { graphs: changes };
}

/** For the next claim to tell: the reply of this verb has no place for it. */
export function leaveChanges({ graphs }: Records): void {
  for (const change of graphs.changes) graphs.putTodo({ kind: "tell", graph: change.id, change }, "end");
  graphs.changes = [];
}

/** Ends a message that waits, for whatever, and must not run. */
export function drop(records: Records, message: Found, reason: "expired" | "revoked"): void {
  if (message.blocker === null) dropUnrun(records, message, reason);
  else DROPS[message.blocker](records, message, reason);
}
