/** Reading all parts of a graph, a page at a time. */
import type { Graphs, PartRecord } from "./graphs.js";

const PAGE = 500;

/** From behind the part `after`, or from the first. Null, and nothing behind it: there is no such graph. */
export async function* partPages(
  graphs: Pick<Graphs, "parts">,
  graph: string,
  after?: string,
): AsyncGenerator<readonly PartRecord[] | null, void, undefined> {
  for (let last = after; ;) {
    const page = await graphs.parts(graph, { ...(last !== undefined && { after: last }), limit: PAGE });
    yield page;
    if (page === null || page.length < PAGE) return;
    last = page.at(-1)!.id;
  }
}

/** The pages in which this part may be: from its own on where its number tells which that is. */
export function partPagesTo(
  graphs: Pick<Graphs, "parts">,
  graph: string,
  id: string,
): AsyncGenerator<readonly PartRecord[] | null, void, undefined> {
  const number = /^[1-9]\d*$/.exec(id.slice(graph.length + 1))?.[0];
  return partPages(graphs, graph, number === undefined ? undefined : `${graph}:${Number(number) - 1}`);
}
