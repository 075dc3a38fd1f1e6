/** What a run adds to its graph: `self.replace` and `self.add`. */
import type { EpochMs } from "../../core/clock.js";
import type { CreateMessage } from "../../tasks/message-factory.js";
import type { Growth } from "../../tasks/part.js";
import { runDeep } from "../deep.js";
import { BARE, type Form } from "../form.js";
import { formError, invalidForm, within } from "../place.js";
import { GraphBuilder, type Outlet } from "./builder.js";
import { Compiler } from "./compiler.js";
import { assertGraphId, graphNames, grownNames } from "./names.js";
import { NO_DELAY, type Scope } from "./scope.js";

/** Forms that one run may add. */
export const MOST_ADDITIONS = 10_000;

/** The run that grows. */
export interface GrowingPart {
  readonly id: string;
  /** Null: it is no part of a graph, and becomes the first of one of its own id when it replaces itself. */
  readonly graph: string | null;
  /** The innermost group that it is in: the key of its list, and which member. */
  readonly group: { readonly key: string; readonly index: number } | null;
  /** Headers that go on to what grows from it. */
  readonly stamps: Readonly<Record<string, string>>;
}

export interface GrowthRequest {
  readonly part: GrowingPart;
  /** What it becomes; null: it stays what it is. */
  readonly replace: Form | null;
  /** Further members of its group. */
  readonly add: readonly Form[];
  readonly createMessage: CreateMessage;
  readonly now: EpochMs;
  /** Parts with a task that may grow. */
  readonly limit: number;
}

/**
 * The parts that grow from a run. Codes: SUNBEAT_GRAPH_INVALID for additions outside of a group, SUNBEAT_GRAPH_TOO_LARGE, and
 * those of `compileGraph`.
 */
export function compileGrowth({ part, replace, add, createMessage, now, limit }: GrowthRequest): Growth {
  const graph = part.graph ?? part.id;
  assertGraphId(graph);
  const builder = new GraphBuilder(
    part.graph === null ? graphNames(graph) : grownNames(graph, part.id),
    limit,
  );
  const compiler = new Compiler(builder, { graph, createMessage, now });
  const inlet = { ports: [], taken: { from: "args", args: [] }, parentId: part.id } as const;
  const compile = (form: Form, scope: Scope): Outlet => runDeep(compiler.compile(form, inlet, scope));
  const scope: Scope = {
    place: within(null, "replace"),
    options: BARE.options,
    stamps: Object.keys(part.stamps).length === 0 ? BARE.stamps : part.stamps,
    delay: NO_DELAY,
    group: part.group,
    aside: false,
  };
  const added = additions({ part, add, builder, scope, compile });
  if (replace === null) return { ...builder.finish(), output: null, added };
  // The record of its end is copied, so it is that of a task.
  const output = compiler.collected(compile(replace, scope), scope).single!;
  (output.list ??= builder.newList()).edges.push({ to: part.id, kind: "replace" });
  return { ...builder.finish(), output: output.id, added };
}

function additions({
  part,
  add,
  builder,
  scope,
  compile,
}: Pick<GrowthRequest, "part" | "add"> & {
  readonly builder: GraphBuilder;
  readonly scope: Scope;
  readonly compile: (form: Form, scope: Scope) => Outlet;
}): Growth["added"] {
  if (add.length === 0) return null;
  const { group } = part;
  if (group === null) {
    throw invalidForm(
      within(null, "add"),
      "members are added to the innermost group of a run, and this one is in none",
    );
  }
  if (add.length > MOST_ADDITIONS) {
    const what = `a run adds at most ${MOST_ADDITIONS} members, got ${add.length}; let some of them add the rest`;
    throw formError("SUNBEAT_GRAPH_TOO_LARGE", within(null, "add"), what);
  }
  const shared = { key: group.key, edges: [], cancels: [] };
  const outputs = add.map((form, index) => {
    const inside = { ...scope, place: within(null, "add", index) };
    const outlet = compile(form, inside);
    const alone =
      outlet.single?.list === null ? outlet.single : builder.join(outlet, false, inside.place).single!;
    // The store has this list: who follows the group follows it, too.
    alone.list = shared;
    alone.takers = null;
    return alone;
  });
  return {
    list: group.key,
    outputs: outputs.map(({ id }) => id),
    values: outputs.map(({ leaf }) => JSON.stringify(leaf)),
  };
}
