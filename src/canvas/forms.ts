/** Forms that are made of signatures: values in, a value out. */
import { assertKnownKeys, choiceOption, invalidOption } from "../core/options.js";
import { BARE, type Form, taskForm } from "./form.js";
import { firstSender, formOf, makeSignature, senderOf } from "./signature.js";
import { TASK_SENDER, type WithSender } from "./task-signatures.js";
import type {
  AnySignature,
  CanvasTask,
  Chained,
  Follows,
  GroupOptions,
  InOf,
  Last,
  OpenOfAll,
  OutOf,
  Outs,
  Results,
  Settled,
  Signature,
} from "./types.js";

function formsOf(values: unknown, what: string): Form[] {
  if (!Array.isArray(values)) throw invalidOption(what, "an array of signatures", values);
  return values.map((value, index) => formOf(value, `${what}[${index}]`));
}

/**
 * One after the other: each takes the result of the one before in front of its own arguments, and the chain gives that of the
 * last. What is fixed (`si`) takes nothing. A chain of one is its part. Code: SUNBEAT_OPTION_INVALID.
 */
export function chain<const S extends readonly [AnySignature, ...AnySignature[]]>(
  // Each argument is compared by itself, so that an error stands where it belongs.
  ...parts: { readonly [K in keyof S]: S[K] & Chained<S>[K] }
): Signature<InOf<S[0]>, OutOf<Last<S>>> {
  const steps = formsOf(parts, "chain");
  if (steps.length === 0) throw invalidOption("chain", "at least one signature", []);
  const form: Form = steps.length === 1 ? steps[0]! : { ...BARE, kind: "chain", steps };
  return makeSignature(form, firstSender(parts));
}

/**
 * All at the same time; gives the list of results in the order written, an empty one for no members. What is open is given to
 * each member. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN.
 */
export function group<const M extends readonly AnySignature[]>(
  members: M,
  options: GroupOptions = {},
): Signature<OpenOfAll<M>, Outs<M>> {
  assertKnownKeys(options, ["errors"], "group");
  const errors = choiceOption(options.errors ?? "finish", "group: errors", ["finish", "cancel"]);
  const form: Form = { ...BARE, kind: "group", members: formsOf(members, "group"), errors };
  return makeSignature(form, firstSender(members));
}

/**
 * A group, then `body` with the list of its results, `[]` for an empty header: the same as `chain(group(header), body)`. Code:
 * SUNBEAT_OPTION_INVALID.
 */
export function chord<const M extends readonly AnySignature[], B extends AnySignature>(
  header: M,
  body: Follows<Outs<M>, B> & B,
): Signature<OpenOfAll<M>, OutOf<B>> {
  const form: Form = {
    ...BARE,
    kind: "chord",
    header: formsOf(header, "chord"),
    body: formOf(body, "chord: body"),
  };
  return makeSignature(form, firstSender([...header, body]));
}

/** Gives the end of a signature, good or bad, and does not fail: as `Promise.allSettled`. Code: SUNBEAT_OPTION_INVALID. */
export function settled<In extends readonly unknown[], Out>(
  signature: Signature<In, Out>,
): Signature<In, Settled<Out>> {
  const form: Form = { ...BARE, kind: "settled", of: formOf(signature, "settled") };
  return makeSignature(form, senderOf(signature));
}

/**
 * A signature of a task that reads a list while it runs, and never has it in memory as a whole. Code: SUNBEAT_OPTION_INVALID.
 */
export function stream<E, R>(
  task: CanvasTask<[results: Results<E>], R>,
): Signature<[results: readonly E[]], R> {
  const made = (task as unknown as Partial<WithSender> | null | undefined)?.[TASK_SENDER];
  if (made === undefined) throw invalidOption("stream", "a task of an app", task);
  return makeSignature(taskForm(made.name, [], { stream: true }), made.sender);
}
