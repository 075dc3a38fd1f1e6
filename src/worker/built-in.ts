/** Tasks that every worker has: what forms are made of, where they need a run of their own. */
import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { guarded } from "../locks/index.js";
import { CANVAS_TASK, COLLECT_TASK, MAP_TASK, STARMAP_TASK } from "../tasks/built-in.js";
import type { TaskContext, TaskDefinition } from "../tasks/definition.js";
import { validInput } from "./input.js";
import type { TaskLookup } from "./options.js";

type Fn = (self: TaskContext, ...args: unknown[]) => unknown;

/** Tasks that call another one in their slot, whose name is their first argument. */
const CALLERS: Readonly<Record<string, (inner: TaskDefinition) => Fn>> = {
  [MAP_TASK]: (inner) => (self, _, list) => callEach(inner, self, list, (one) => [one]),
  [STARMAP_TASK]: (inner) => (self, _, list) => callEach(inner, self, list, argumentsOf),
};

const OTHERS: Readonly<Record<string, Fn>> = {
  /** One value of the list that it takes: a record that is a copy cannot stand for several. */
  [COLLECT_TASK]: (_, list) => travelling(list),
  /** The canvas of an entry. */
  [CANVAS_TASK]: async (self, form) => {
    const { signatureFromJSON } = await import("../canvas/from-json.js");
    return self.replace(signatureFromJSON(form, null));
  },
};

export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(CALLERS, name) || Object.hasOwn(OTHERS, name);
}

/**
 * The definition by which a built-in task runs with these arguments; of one that calls another task the options are that one's.
 * The name of the task that it calls, where this worker does not have it.
 */
export function builtIn(
  name: string,
  args: readonly unknown[],
  registry: Pick<TaskLookup, "get">,
): TaskDefinition | { readonly missing: string } {
  const caller = Object.hasOwn(CALLERS, name) ? CALLERS[name] : undefined;
  if (caller === undefined) return { ...PLAIN, name, fn: OTHERS[name]! };
  const inner = registry.get(String(args[0]));
  if (inner === undefined) return { missing: String(args[0]) };
  const without = { input: null, lock: null, rateLimit: null, hooks: null };
  return { ...inner, ...without, name, fn: caller(inner), bind: true };
}

const PLAIN: Omit<TaskDefinition, "name" | "fn"> = {
  bind: true,
  queue: null,
  priority: 0,
  retry: { max: 0, delayMs: 0, backoff: false, maxDelayMs: 0, jitter: false, on: () => false },
  isExpected: () => false,
  acks: "late",
  softTimeLimitMs: null,
  timeLimitMs: null,
  leaseMs: null,
  ignoreResult: false,
  storeErrorsEvenIfIgnored: false,
  ignoreHistory: false,
  keepFailed: true,
  resultTtlMs: 86_400_000,
  maxDeliveries: 5,
  trackStarted: false,
  input: null,
  lock: null,
  pool: null,
  rateLimit: null,
  lane: null,
  unique: null,
  hooks: null,
};

async function callEach(
  inner: TaskDefinition,
  self: TaskContext,
  list: unknown,
  argsOf: (one: unknown) => readonly unknown[],
): Promise<unknown[]> {
  const { input, lock, bind } = inner;
  const fn = (lock === null ? inner.fn : guarded(lock, inner.fn)) as (...args: unknown[]) => unknown;
  const values: unknown[] = [];
  for (const one of list as readonly unknown[]) {
    self.signal.throwIfAborted();
    const given = argsOf(one);
    const args = input === null ? given : await validInput(input, given);
    values.push(await (bind ? fn(self, ...args) : fn(...args)));
  }
  return travelling(values) as unknown[];
}

function argumentsOf(one: unknown): readonly unknown[] {
  if (Array.isArray(one)) return one;
  throw new TaskError("SUNBEAT_PAYLOAD_INVALID", `starmap: expected arrays of arguments, got ${quote(one)}`);
}

/** A list as it can be a result: what a task gave that gave nothing is null in it. */
function travelling(value: unknown): unknown {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.map(travelling) : value;
}
