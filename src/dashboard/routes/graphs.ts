/** Graphs of tasks: how far they are, and their parts. */
import { partPages } from "../../app/index.js";
import { resumeGraph, revokeGraph } from "../../app/index.js";
import { choice, flag, integer, optional, text } from "../fields.js";
import { Refusal } from "../problem.js";
import { pageOf, type Route, route } from "../route.js";
import { shownError, type Viewer } from "../task-page.js";

const PARTS = 500;
/** Graphs that one search by state looks at; parts, for the one that failed first. */
const LOOKED_AT = 5_000;

export const graphRoutes: readonly Route[] = [
  route(
    "GET /graphs",
    {
      summary: "Graphs, newest first",
      query: {
        state: optional(choice(["open", "running", "succeeded", "failed", "revoked"])),
        after: optional(text()),
        limit: optional(integer(1, 500)),
      },
    },
    async ({ core, query: { state, after, limit = 100 } }) => {
      const { graphs } = core.lazyStore;
      const found = [];
      let [from, seen] = [after, 0];
      for (;;) {
        const page = await graphs.list({ limit: PARTS, ...(from !== undefined && { after: from }) });
        for (const graph of page) {
          if (state === undefined || graph.state === state) found.push(withoutValue(graph));
          if (found.length === limit) return pageOf(found, graph.id);
        }
        seen += page.length;
        if (page.length < PARTS) return pageOf(found);
        from = page.at(-1)!.id;
        if (seen >= LOOKED_AT) return pageOf(found, from);
      }
    },
  ),
  route(
    "GET /graphs/:id",
    {
      summary: "One graph with a page of its parts",
      query: { after: optional(text()), limit: optional(integer(1, PARTS)) },
    },
    async (call) => {
      const { core, params } = call;
      const { after, limit = PARTS } = call.query;
      const { graphs } = core.lazyStore;
      const id = params["id"]!;
      const [[graph = null], parts] = await Promise.all([
        graphs.get([id]),
        graphs.parts(id, { limit, ...(after !== undefined && { after }) }),
      ]);
      if (graph === null || parts === null) throw unknown();
      return {
        graph: withoutValue(graph),
        parts: pageOf(parts, parts.length === limit ? parts.at(-1)!.id : null),
        culprit: graph.failed === 0 ? null : await culpritOf(call, id),
      };
    },
  ),
  route(
    "POST /graphs/:id/resume",
    { summary: "Runs again what failed, and what did not run", right: "retry" },
    async ({ core, params }) => {
      const id = params["id"]!;
      await resumeGraph(core, id);
      return { id };
    },
  ),
  route(
    "POST /graphs/:id/revoke",
    { summary: "No part of it begins any more", right: "revoke", body: { terminate: optional(flag()) } },
    async ({ core, params, body: { terminate = false }, can }) => {
      if (terminate && !can("terminate")) {
        throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", 'to end running tasks takes the right "terminate"');
      }
      const id = params["id"]!;
      const outcome = await revokeGraph(core, id, terminate);
      if (outcome === "unknown") throw unknown();
      return { id, revoked: outcome === "cancelled" };
    },
  ),
];

export interface Culprit {
  readonly id: string;
  readonly task: string;
  /** Null: it is not kept any more, or the asker has no right to it. */
  readonly error: string | null;
}

/** The first part that has failed, in the order written; null: none of those that were looked at. */
async function culpritOf(viewer: Viewer, id: string): Promise<Culprit | null> {
  const { graphs, results } = viewer.core.lazyStore;
  let seen = 0;
  for await (const page of partPages(graphs, id)) {
    const part = page?.find(({ state, task }) => state === "failed" && task !== null);
    if (part !== undefined) {
      const [result] = await results.get([part.id]);
      const error =
        result?.state === "FAILURE" && result.payload !== null ? shownError(viewer, result.payload) : null;
      return { id: part.id, task: part.task!, error };
    }
    seen += page?.length ?? 0;
    if (page === null || seen >= LOOKED_AT) return null;
  }
  return null;
}

/** Of an output that is a join its source, which nobody reads. */
function withoutValue<T extends { readonly value: unknown }>({ value: _, ...graph }: T): Omit<T, "value"> {
  return graph;
}

const unknown = (): Refusal =>
  new Refusal(
    404,
    "SUNBEAT_GRAPH_UNKNOWN",
    "no graph of this id is known: it was not sent, or what was kept of it has expired",
  );
