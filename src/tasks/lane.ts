/** Lanes: who shares a fair queue with whom. */
import { assertKnownKeys, invalidOption } from "../core/options.js";
import type { LaneOption, MessageLane } from "./message.js";

/** A lane, or a function of the task's arguments that gives it. `self` is not among them. */
// `any`, so that the parameters of such a function need not be repeated as type arguments.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type TaskLane = LaneOption | ((...args: any[]) => LaneOption);

/** Of a message that has no lane of its own. */
export const WITHOUT_LANE: MessageLane = Object.freeze({ name: "", weight: 1 });

const LONGEST_NAME = 255;
const LEAST_WEIGHT = 0.01;
const MOST_WEIGHT = 100;

/** Code: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN. */
export function laneOption(value: unknown, what: string): MessageLane {
  if (typeof value === "string") return { name: laneName(value, what), weight: 1 };
  if (typeof value !== "object" || value === null) throw invalidLane(what, value);
  assertKnownKeys(value, ["name", "weight"], what);
  const { name, weight = 1 } = value as { readonly name?: unknown; readonly weight?: unknown };
  if (typeof weight !== "number" || !(weight >= LEAST_WEIGHT && weight <= MOST_WEIGHT)) {
    throw invalidOption(`${what}: weight`, `a number from ${LEAST_WEIGHT} to ${MOST_WEIGHT}`, weight);
  }
  return { name: laneName(name, `${what}: name`), weight };
}

function laneName(name: unknown, what: string): string {
  if (typeof name === "string" && name.length <= LONGEST_NAME) return name;
  throw invalidLane(what, name);
}

function invalidLane(what: string, value: unknown): Error {
  return invalidOption(what, `text of at most ${LONGEST_NAME} characters, or { name, weight }`, value);
}

/** Code: SUNBEAT_OPTION_INVALID. A function is asked at each send. */
export function taskLane(value: TaskLane, what: string): MessageLane | ((...args: never[]) => LaneOption) {
  return typeof value === "function" ? value : laneOption(value, what);
}
