import { assertKnownKeys } from "../../core/options.js";
import { DaySet } from "../days/day-set.js";
import { treeFromJSON } from "../days/days-json.js";
import { canonical } from "../days/days-tree.js";
import { refuseAs } from "../refuse-as.js";
import type { Edge, Schedule } from "../schedule.js";
import { zone } from "../zone.js";
import { specIn, specOf, windowInvalid, type WindowSpec } from "./spec.js";

type ToJSON = (schedule: Schedule) => unknown;

/** A window as plain data. */
export function specToJSON(spec: WindowSpec, jsonOf: ToJSON): object {
  const edge = (each: Edge): unknown => (typeof each === "string" ? each : jsonOf(each));
  const { not, timezone } = spec;
  const common = {
    ...(not === true && { not }),
    ...(timezone !== undefined && { timezone }),
  };
  if ("instants" in spec) return { instants: jsonOf(spec.instants), ...common };
  const days = spec.days === undefined ? {} : { days: canonical(spec.days) };
  if (spec.hours !== undefined) {
    return { hours: spec.hours, ...days, ...(spec.inclusive === true && { inclusive: true }), ...common };
  }
  if (spec.from === undefined) return { ...days, ...common };
  const { from, to } = spec as { from: Edge; to: Edge };
  return { from: edge(from), to: edge(to), ...days, ...common };
}

const KEYS = ["days", "hours", "inclusive", "from", "to", "instants", "not", "timezone"];

/** The window that `specToJSON` wrote. Throws SUNBEAT_WINDOW_INVALID, SUNBEAT_DAYS_INVALID. */
export function specFromJSON(json: unknown, decode: (json: unknown) => Schedule): WindowSpec {
  refuseAs("SUNBEAT_WINDOW_INVALID", () => assertKnownKeys(json, KEYS, "window"));
  const { days, hours, inclusive, from, to, instants, not, timezone } = json as Record<string, unknown>;
  if (not !== undefined && not !== true) throw windowInvalid("not", "expected true or nothing", not);
  if (timezone !== undefined) zone(timezone as string);
  const judged = {
    ...(not === true && { not: true as const }),
    ...(timezone !== undefined && { timezone: timezone as string }),
  };
  if (instants !== undefined) return { instants: decode(instants), ...judged };
  const tree = days === undefined ? undefined : new DaySet(treeFromJSON(days));
  const options = {
    ...(tree !== undefined && { days: tree }),
    ...(inclusive !== undefined && { inclusive: inclusive as boolean }),
  };
  if (Array.isArray(hours)) return { ...specOf(hours[0] as Edge, hours[1] as Edge, options), ...judged };
  const edge = (each: unknown): Edge => (typeof each === "string" ? (each as Edge) : decode(each));
  if (from !== undefined) return { ...specOf(edge(from), edge(to), options), ...judged };
  if (tree === undefined)
    throw windowInvalid("window", 'expected "days", "hours", "from" and "to", or "instants"', json);
  return { ...specIn(tree), ...judged };
}
