/** Places in forms, for errors. A list of steps from the inside out, so that making one costs nothing. */
import { type ErrorCode, TaskError } from "../core/errors.js";
import { messageOf } from "../core/errors.js";

export interface Place {
  readonly above: Place | null;
  readonly step: string;
  readonly index: number | null;
}

/** Steps that an error tells: the innermost. */
const MOST_STEPS = 20;

export function within(above: Place | null, step: string, index: number | null = null): Place {
  return { above, step, index };
}

/** "chain[2].group[0]". */
export function placeText(place: Place | null): string {
  const steps: string[] = [];
  let at = place;
  for (; at !== null && steps.length < MOST_STEPS; at = at.above) {
    steps.push(at.index === null ? at.step : `${at.step}[${at.index}]`);
  }
  const text = steps.reverse().join(".");
  return text === "" ? "the form" : at === null ? text : `...${text}`;
}

export function formError(code: ErrorCode, place: Place | null, what: string, cause?: unknown): TaskError {
  const where = placeText(place);
  return new TaskError(code, `${where}: ${what}`, {
    details: { place: where },
    ...(cause !== undefined && { cause }),
  });
}

export function invalidForm(place: Place | null, what: string): TaskError {
  return formError("SUNBEAT_GRAPH_INVALID", place, what);
}

/** What `check` gives; what it throws as SUNBEAT_GRAPH_INVALID with the place. */
export function checkedAt<T>(place: Place | null, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw formError("SUNBEAT_GRAPH_INVALID", place, messageOf(error), error);
  }
}
