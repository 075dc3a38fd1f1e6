/** The door to compiling: what senders and workers call. Reached by `import()` at the first send of a form. */
import type { EpochMs } from "../../core/clock.js";
import type { CreateMessage } from "../../tasks/message-factory.js";
import type { SendOptions } from "../../tasks/message.js";
import type { CompiledGraph } from "../../tasks/part.js";
import { runDeep } from "../deep.js";
import { BARE, type Form } from "../form.js";
import { invalidForm } from "../place.js";
import { withOptions } from "../signature.js";
import { GraphBuilder } from "./builder.js";
import { Compiler } from "./compiler.js";
import { assertGraphId, graphNames } from "./names.js";
import { NO_DELAY, type Scope } from "./scope.js";

export interface CompileRequest {
  readonly form: Form;
  /** The arguments that were open. */
  readonly open: readonly unknown[];
  readonly options?: SendOptions | undefined;
  /** The graph's id, where no option names one. */
  readonly newId: () => string;
  readonly createMessage: CreateMessage;
  /** The sender's time. */
  readonly now: EpochMs;
  /** Parts with a task that it may have. */
  readonly limit: number;
}

/** What holds around a form that nothing stands around. */
export const OUTERMOST: Scope = Object.freeze({
  place: null,
  options: BARE.options,
  stamps: BARE.stamps,
  delay: NO_DELAY,
  group: null,
  aside: false,
});

/**
 * The graph of a form. Codes: SUNBEAT_GRAPH_INVALID with the place in the form, SUNBEAT_GRAPH_TOO_LARGE, and those of the
 * messages of its parts.
 */
export function compileGraph(request: CompileRequest): CompiledGraph {
  const { open, createMessage, now, limit } = request;
  const form = withOptions(request.form, request.options);
  const id = form.options.taskId ?? request.newId();
  assertGraphId(id);
  const builder = new GraphBuilder(graphNames(id), limit);
  const compiler = new Compiler(builder, { graph: id, createMessage, now });
  const inlet = { ports: [], taken: { from: "args", args: open }, parentId: null } as const;
  const outlet = compiler.singled(runDeep(compiler.compile(form, inlet, OUTERMOST)), OUTERMOST);
  if (open.length > 0 && !compiler.tookOpen) {
    throw invalidForm(null, `it takes no arguments, and ${open.length} came with the send`);
  }
  const output = outlet.single!;
  output.takers = null;
  return { id, name: nameOf(form), output: output.id, ...builder.finish() };
}

function nameOf(form: Form): string {
  if (form.kind === "workflow") return form.name;
  return form.kind === "task" ? form.task : form.kind;
}
