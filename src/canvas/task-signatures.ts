/** What tasks gain: signatures of themselves. */
import { integerOption, invalidOption } from "../core/options.js";
import { MAP_TASK, STARMAP_TASK } from "../tasks/built-in.js";
import type { SendOptions } from "../tasks/message.js";
import { BARE, type CanvasSender, taskForm, type TaskForm } from "./form.js";
import { makeSignature } from "./signature.js";
import type { CanvasTask, Immutable, Signature } from "./types.js";

/** Where forms find name and sender of a task. */
export const TASK_SENDER: unique symbol = Symbol("sunbeat.sender");

export interface WithSender {
  readonly [TASK_SENDER]: { readonly name: string; readonly sender: CanvasSender };
}

function listOf(list: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(list)) throw invalidOption(what, "an array", list);
  return [...(list as readonly unknown[])];
}

/** The members that make signatures of a task. `queue`: of its options, for built-in tasks that call it in their slot. */
export function taskSignatures(
  { name, queue }: { readonly name: string; readonly queue: string | null },
  sender: CanvasSender,
): CanvasTask<unknown[], unknown> & WithSender {
  const options: SendOptions = queue === null ? BARE.options : { queue };
  const builtIn = (task: string, list: readonly unknown[]): TaskForm =>
    taskForm(task, [name, list], { immutable: true, options });
  return {
    [TASK_SENDER]: { name, sender },
    s: (...given) => makeSignature(taskForm(name, given), sender),
    si: (...args) => makeSignature<Immutable>(taskForm(name, args, { immutable: true }), sender),
    map: (list) => makeSignature<Immutable<unknown[]>>(builtIn(MAP_TASK, listOf(list, "map")), sender),
    starmap: (list) =>
      makeSignature<Immutable<unknown[]>>(builtIn(STARMAP_TASK, listOf(list, "starmap")), sender),
    chunks(list, size) {
      const all = listOf(list, "chunks");
      const most = integerOption(size, "chunks: size", 1, Number.MAX_SAFE_INTEGER);
      const members = Array.from({ length: Math.ceil(all.length / most) }, (_, n) =>
        builtIn(STARMAP_TASK, all.slice(n * most, (n + 1) * most)),
      );
      return makeSignature<Immutable<unknown[][]>>(
        { ...BARE, kind: "group", members, errors: "finish" },
        sender,
      );
    },
  };
}

/** A signature of a task by its name, for tasks of other programs: open for anything. Code: SUNBEAT_OPTION_INVALID. */
export function namedSignature<In extends readonly unknown[], Out>(
  name: string,
  args: readonly unknown[],
  sender: CanvasSender,
): Signature<In, Out> {
  return makeSignature(taskForm(name, listOf(args, "signature: args")), sender);
}
