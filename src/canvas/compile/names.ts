import { grownPrefix } from "../../tasks/part-ids.js";
import { invalidForm } from "../place.js";
import type { Names } from "./builder.js";

/** Characters that the id of a graph may have: those of its parts are longer, and may have 255. */
const LONGEST_GRAPH_ID = 220;

/** Throws SUNBEAT_GRAPH_INVALID. */
export function assertGraphId(id: string): void {
  if (id.length <= LONGEST_GRAPH_ID) return;
  throw invalidForm(null, `the id of a graph has at most ${LONGEST_GRAPH_ID} characters, got ${id.length}`);
}

/** "G:0", "G:1", ... */
export function graphNames(graph: string): Names {
  return {
    graph,
    id: (number) => `${graph}:${number}`,
    leaf: (number) => number,
    list: (number) => `${number}`,
    numberOf: (leaf) => (typeof leaf === "number" ? leaf : null),
  };
}

/** "p/0", "p/1", ... for what grows from part p. */
export function grownNames(graph: string, part: string): Names {
  const prefix = grownPrefix(graph, part).slice(graph.length + 1);
  return {
    graph,
    id: (number) => `${graph}:${prefix}${number}`,
    leaf: (number) => `${prefix}${number}`,
    list: (number) => `${prefix}${number}`,
    numberOf: (leaf) =>
      typeof leaf === "string" && leaf.startsWith(prefix) ? Number(leaf.slice(prefix.length)) : null,
  };
}
