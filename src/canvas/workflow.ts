/** Graphs of any form: calls, and what each takes from others. */
import { assertObject, invalidOption, nameOption } from "../core/options.js";
import type { OUT } from "../tasks/signature.js";
import { BARE, type Call, type CallSource, type CanvasSender, type Form, taskForm } from "./form.js";
import { invalidForm } from "./place.js";
import { formOf, makeSignature, preferred, senderOf, withOptions } from "./signature.js";
import { TASK_SENDER, type WithSender } from "./task-signatures.js";
import type { CallOptions, CanvasTask, Flow, Ref, Signature } from "./types.js";

/** Levels of `all` and `settled` in one another. */
const MOST_LEVELS = 100;
/** Stands for a Ref of another workflow: sending says so. */
const FOREIGN = -1;

class CallRef implements Ref<never> {
  declare readonly [OUT]: () => never;
  readonly owner: object;
  readonly source: CallSource;
  readonly level: number;

  constructor(owner: object, source: CallSource, level: number) {
    this.owner = owner;
    this.source = source;
    this.level = level;
    Object.freeze(this);
  }
}

/**
 * A graph whose order is in its data. `build` runs now, and is called once: it makes calls, and returns the Ref whose value is
 * that of the graph. Calls that lead nowhere run, too. Codes: SUNBEAT_OPTION_INVALID; a Ref of another workflow is refused at
 * the send.
 */
export function workflow<R>(name: string, build: (flow: Flow) => Ref<R>): Signature<[], R> {
  nameOption(name, "workflow: name");
  if (typeof build !== "function")
    throw invalidOption(`workflow ${name}`, "a function that makes calls", build);
  const calls = new Calls();
  const returned: unknown = build(calls);
  if (!(returned instanceof CallRef)) {
    throw invalidOption(`workflow ${name}: what its function returns`, "a Ref of one of its calls", returned);
  }
  const form: Form = { ...BARE, kind: "workflow", name, calls: calls.list, output: calls.sourceOf(returned) };
  return makeSignature(form, calls.sender);
}

class Calls implements Flow {
  readonly list: Call[] = [];
  /** Of the first call that has one. */
  sender: CanvasSender | null = null;

  call<A extends readonly unknown[], R>(
    task: CanvasTask<A, R>,
    args: { readonly [K in keyof A]: A[K] | Ref<A[K]> },
    options?: CallOptions,
  ): Ref<R>;
  call<R>(signature: Signature<[], R>, options?: CallOptions): Ref<R>;
  call(what: unknown, ...rest: unknown[]): Ref<never> {
    const made = (what as Partial<WithSender> | null | undefined)?.[TASK_SENDER];
    const [args, options = {}] = made === undefined ? [null, ...rest] : rest;
    assertObject(options, "flow.call: options");
    const { after = [], name, ...send } = options as CallOptions;
    if (!Array.isArray(after)) throw invalidOption("flow.call: after", "an array of Refs", after);
    const { form, take } =
      made === undefined ? { form: formOf(what, "flow.call"), take: [] } : called(this, made.name, args);
    this.sender = preferred(this.sender, made?.sender ?? senderOf(what));
    this.list.push({
      form: Object.keys(send).length === 0 ? form : withOptions(form, send),
      take,
      after: after.map((ref) => this.sourceOf(refOf(ref, "flow.call: after"))),
      name: name === undefined ? null : nameOption(name, "flow.call: name"),
    });
    return this.#ref(this.list.length - 1, 0);
  }

  all(refs: readonly Ref<unknown>[]): Ref<never> {
    if (!Array.isArray(refs)) throw invalidOption("flow.all", "an array of Refs", refs);
    const inner = refs.map((ref) => refOf(ref, "flow.all"));
    const level = 1 + Math.max(0, ...inner.map((ref) => ref.level));
    return this.#ref(["list", ...inner.map((ref) => this.sourceOf(ref))], level);
  }

  settled(ref: Ref<unknown>): Ref<never> {
    const inner = refOf(ref, "flow.settled");
    return this.#ref(["settled", this.sourceOf(inner)], inner.level + 1);
  }

  sourceOf(ref: CallRef): CallSource {
    return ref.owner === this ? ref.source : FOREIGN;
  }

  #ref(source: CallSource, level: number): Ref<never> {
    if (level > MOST_LEVELS) throw invalidForm(null, `Refs of Refs have at most ${MOST_LEVELS} levels`);
    return new CallRef(this, source, level);
  }
}

function refOf(value: unknown, what: string): CallRef {
  if (value instanceof CallRef) return value;
  throw invalidOption(what, "a Ref of a call", value);
}

/** Refs among the arguments become what the call takes. */
function called(calls: Calls, task: string, args: unknown): Pick<Call, "form" | "take"> {
  if (!Array.isArray(args)) throw invalidOption(`flow.call: args of ${task}`, "an array", args);
  const given: unknown[] = [];
  const take: [number, CallSource][] = [];
  for (const [position, value] of (args as readonly unknown[]).entries()) {
    if (value instanceof CallRef) take.push([position, calls.sourceOf(value)]);
    else given.push(value);
  }
  return { form: taskForm(task, given), take };
}
