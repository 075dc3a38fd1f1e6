import { graphOfPart } from "../app/index.js";
import { ResultError } from "../core/errors.js";
import type { GraphRecord, GraphState, PartState, Store } from "../store/contracts/index.js";
import type { Cell } from "./table.js";
import type { Format } from "./terminal.js";

const FORMATS: Readonly<Record<GraphState | PartState, Format | null>> = {
  open: "yellow",
  blocked: "dim",
  waiting: null,
  running: "cyan",
  succeeded: "green",
  failed: "red",
  revoked: "yellow",
  unrun: "yellow",
};

/** The state of a graph or of a part, in its colour. */
export function paintedState(state: GraphState | PartState): Cell {
  const format = FORMATS[state];
  return format === null ? state : { text: state, format };
}

/** The graph of this id. Throws SUNBEAT_GRAPH_UNKNOWN. */
export async function findGraph(store: Store, id: string): Promise<GraphRecord> {
  const [graph] = await store.graphs.get([id]);
  if (graph) return graph;
  throw await unknownGraph(store, id);
}

/** Why there is none, with the id that was probably meant. */
export async function unknownGraph(store: Store, id: string): Promise<ResultError> {
  const graph = graphOfPart(id);
  const [whole = null] = graph === null ? [] : await store.graphs.get([graph]);
  const [task = null] = await store.results.get([id]);
  const found =
    whole !== null
      ? `this is a part of the graph ${whole.id}`
      : task !== null
        ? `this is a task that was sent alone: sunbeat result ${id}`
        : "it was not sent to this broker, or it is over and its record has expired or was forgotten";
  return new ResultError("SUNBEAT_GRAPH_UNKNOWN", `no graph ${id} is known here: ${found}`, {
    details: { graphId: id },
  });
}

/** The graph for machines. */
export function graphJson({ createdAt, until, value: _, ...graph }: GraphRecord): object {
  return {
    ...graph,
    createdAt: new Date(createdAt),
    until: until === null ? null : new Date(until),
  };
}
