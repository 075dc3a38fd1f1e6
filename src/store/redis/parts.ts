/** Parts of graphs as the scripts take them: inside a graph, a part is named by what its id has behind "<graph>:". */
import { type FollowerList, graphOfPart, type Growth, type NewPart } from "../../tasks/part.js";
import { Templates } from "./messages.js";
import { CODES } from "./script.js";
import { toWire } from "./text.js";

/** The part that has the id of its graph: a message that replaced itself. */
const OWN = ".";

export function nameIn(graph: string, id: string): string {
  return id === graph ? OWN : id.slice(graph.length + 1);
}

export function idOf(graph: string, name: string): string {
  return name === OWN ? graph : `${graph}:${name}`;
}

/** What scripts/lib/graph.lua stores: the templates, then two texts for each part, then a text for each list. */
export interface PackedParts {
  readonly templates: readonly string[];
  readonly parts: readonly string[];
  readonly lists: readonly string[];
}

export function packParts(
  graph: string,
  parts: readonly NewPart[],
  lists: readonly FollowerList[],
): PackedParts {
  const templates = new Templates();
  const packed: string[] = [];
  for (const { id, message, value, list, pending, inputs, takers } of parts) {
    const template = message ? templates.numberOf(message, null) : "+";
    const taken = inputs === null ? "-" : inputs.map((input) => nameIn(graph, input)).join(",") || "+";
    packed.push(
      `${nameIn(graph, id)} ${template} ${pending} ${list ?? "+"} ${takers ?? "+"} ${taken}`,
      message ? toWire(message.body) : (value ?? "null"),
    );
  }
  return {
    templates: templates.templates,
    parts: packed,
    lists: lists.flatMap((list) => packList(graph, list)),
  };
}

function packList(graph: string, { key, edges, cancels = [] }: FollowerList): string[] {
  const packed: string[] = [];
  if (edges.length > 0) {
    const followers = edges.map(({ to, kind }) => `${nameIn(graph, to)}=${CODES.edge[kind]}`);
    packed.push(`${key} ${followers.join(" ")}`);
  }
  if (cancels.length > 0) packed.push(`${key}! ${cancels.map(({ from, to }) => `${from} ${to}`).join(" ")}`);
  return packed;
}

/** What grew from a run of a message, as scripts/settle.lua takes it: one line. */
export function packGrowth({ parts, lists, output, added }: Growth): string {
  const [first] = parts;
  if (first === undefined) return "";
  const graph = graphOfPart(first.id)!;
  return JSON.stringify({
    ...packParts(graph, parts, lists),
    output: output === null ? "" : nameIn(graph, output),
    list: added?.list ?? "",
    values: added?.values ?? [],
  });
}
