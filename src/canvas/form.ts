/** What a signature is made of, as plain data. Forms share their parts and are never changed. */
import { nameOption } from "../core/options.js";
import type { SendOptions } from "../tasks/message.js";
import type { GraphResult } from "./types.js";

export interface Dressing {
  /** Of a task its own; of a form the defaults of all its parts. */
  readonly options: SendOptions;
  readonly stamps: Readonly<Record<string, string>>;
  readonly links: readonly Form[];
  readonly linkErrors: readonly Form[];
  readonly onErrors: readonly Form[];
}

export interface TaskForm extends Dressing {
  readonly kind: "task";
  readonly task: string;
  readonly args: readonly unknown[];
  /** Takes nothing of what comes before it. */
  readonly immutable: boolean;
  /** Takes a list as `Results`. */
  readonly stream: boolean;
}

/** Each takes the result of the one before it. At least one. */
export interface ChainForm extends Dressing {
  readonly kind: "chain";
  readonly steps: readonly Form[];
}

export interface GroupForm extends Dressing {
  readonly kind: "group";
  readonly members: readonly Form[];
  readonly errors: "finish" | "cancel";
}

export interface ChordForm extends Dressing {
  readonly kind: "chord";
  readonly header: readonly Form[];
  readonly body: Form;
}

export interface SettledForm extends Dressing {
  readonly kind: "settled";
  readonly of: Form;
}

/** The result of a call by its number in the list, a list of results, or the end of one, good or bad. */
export type CallSource = number | readonly ["list", ...CallSource[]] | readonly ["settled", CallSource];

export interface Call {
  readonly form: Form;
  /** Where results go among the arguments of a task, and which. Positions count in the finished list, and rise. */
  readonly take: readonly (readonly [position: number, source: CallSource])[];
  readonly after: readonly CallSource[];
  readonly name: string | null;
}

export interface WorkflowForm extends Dressing {
  readonly kind: "workflow";
  readonly name: string;
  readonly calls: readonly Call[];
  readonly output: CallSource;
}

export type Form = TaskForm | ChainForm | GroupForm | ChordForm | SettledForm | WorkflowForm;

/** Nothing but what the form says. */
export const BARE: Dressing = Object.freeze({
  options: Object.freeze({}),
  stamps: Object.freeze({}),
  links: Object.freeze([]),
  linkErrors: Object.freeze([]),
  onErrors: Object.freeze([]),
});

/** Whether it is nothing but its kind: then a chain in a chain is the chain of both. */
export function isBare(form: Dressing): boolean {
  return form.options === BARE.options && form.stamps === BARE.stamps && !hasCallbacks(form);
}

export function hasCallbacks({ links, linkErrors, onErrors }: Dressing): boolean {
  return links.length + linkErrors.length + onErrors.length > 0;
}

export function taskForm(task: string, args: readonly unknown[], how: Partial<TaskForm> = {}): TaskForm {
  return {
    ...BARE,
    kind: "task",
    task: nameOption(task, "task"),
    args,
    immutable: false,
    stream: false,
    ...how,
  };
}

/**
 * Sends forms: an app. Codes of what it throws: those of sends, SUNBEAT_GRAPH_INVALID, SUNBEAT_GRAPH_TOO_LARGE. The types of
 * the result are the signature's.
 */
export interface CanvasSender {
  /** It stands for an app that it finds at the send: in a form the app of another part goes before it. */
  readonly isUnbound?: true;
  send(form: Form, open: readonly unknown[], options?: SendOptions): Promise<GraphResult<never>>;
}

/**
 * The task that a form is alone, with its arguments; null: it is a graph. What has one task and no callbacks is sent as any
 * other task.
 */
export function soleTask(form: Form): TaskForm | null {
  if (form.kind !== "task" || form.stream || hasCallbacks(form)) return null;
  return form;
}

/** The steps of a chain with those of the bare chains in it: `a.pipe(b).pipe(c)` is a chain of three, however deep it nests. */
export function stepsOf(chain: ChainForm): readonly Form[] {
  const steps: Form[] = [];
  const left: Form[] = [...chain.steps].reverse();
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    if (step.kind !== "chain" || !isBare(step)) steps.push(step);
    else for (let at = step.steps.length - 1; at >= 0; at--) left.push(step.steps[at]!);
  }
  return steps;
}
