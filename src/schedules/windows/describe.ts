import { describeTree } from "../days/describe-days.js";
import type { Edge } from "../schedule.js";
import type { WindowSpec } from "./spec.js";

/** What a window keeps, or leaves out: "from 09:30 until before 16:00 (America/New_York)", "except 2027-12-24". */
export function describeSpec(spec: WindowSpec): string {
  const zone = spec.timezone === undefined ? "" : ` (${spec.timezone})`;
  return `${spec.not === true ? "except " : ""}${bodyOf(spec)}${zone}`;
}

function bodyOf(spec: WindowSpec): string {
  if ("instants" in spec) return `the instants of: ${spec.instants.describe?.() ?? "a custom schedule"}`;
  const days = spec.days === undefined ? "" : describeTree(spec.days);
  const on = days === "" ? "" : ` on ${days}`;
  if (spec.hours !== undefined) {
    const until = spec.inclusive === true ? "up to and including" : "until before";
    return `from ${spec.hours[0]} ${until} ${spec.hours[1]}${on}`;
  }
  if (spec.from !== undefined) {
    const { from, to } = spec as { from: Edge; to: Edge };
    return `from ${edgeText(from)} until before ${edgeText(to)}${on}`;
  }
  return spec.not === true ? days : `on ${days}`;
}

function edgeText(edge: Edge): string {
  return typeof edge === "string" ? edge : (edge.describe?.() ?? "a custom schedule");
}
