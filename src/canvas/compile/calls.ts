/** Workflows: calls whose order is in their arguments. */
import type { Deep } from "../deep.js";
import type { Call, CallSource, WorkflowForm } from "../form.js";
import { invalidForm, type Place, within } from "../place.js";
import { endsOf, type Outlet, type Port } from "./builder.js";
import { type FormCompiler, type Inlet, MOST_LEVELS, settledOutlet } from "./inlet.js";
import { NO_DELAY, type Scope } from "./scope.js";
import { listSource } from "./sources.js";
import { beginsWithOne } from "./starters.js";

/** A longer list of results is made once, and not by each call that takes it. */
const LONG_LIST = 8;

export function* workflowOutlet(
  compiler: FormCompiler,
  form: WorkflowForm,
  inlet: Inlet,
  outer: Scope,
): Deep<Outlet> {
  const scope: Scope = { ...outer, place: within(outer.place, "graph") };
  const needs = form.calls.map((call, index) => needsOf(call, form, placeOf(scope, call, index)));
  const results = new CallResults(compiler, scope);
  const decisive = reachedFrom(numbersIn(form.output, form, within(scope.place, "output")), needs);
  for (const index of inOrder(needs, scope.place)) {
    const call = form.calls[index]!;
    const isRoot = needs[index]!.length === 0;
    const inside: Scope = {
      ...scope,
      place: placeOf(scope, call, index),
      delay: isRoot ? scope.delay : NO_DELAY,
      // The group of the workflow may have ended before a call that nothing waits for.
      group: decisive.has(index) ? scope.group : null,
    };
    const own: Inlet = isRoot
      ? { ...inlet, taken: { from: "calls", takes: [] } }
      : results.inletOf(call, inside);
    results.set(index, yield compiler.compile(call.form, own, inside), inside);
  }
  return results.of(form.output);
}

function placeOf({ place }: Scope, { name }: Call, index: number): Place {
  return name === null ? within(place, "parts", index) : within(place, `parts[${index}] (${name})`);
}

/** The results of calls by their numbers, and what is made of them. */
class CallResults {
  readonly #compiler: FormCompiler;
  readonly #scope: Scope;
  readonly #outlets: Outlet[] = [];
  /** Lists and ends that are joins, by their text: each is made once. */
  readonly #joins = new Map<string, Outlet>();

  constructor(compiler: FormCompiler, scope: Scope) {
    this.#compiler = compiler;
    this.#scope = scope;
  }

  set(index: number, outlet: Outlet, scope: Scope): void {
    this.#outlets[index] = this.#compiler.singled(outlet, scope);
  }

  of(source: CallSource): Outlet {
    if (typeof source === "number") return this.#outlets[source]!;
    if (source[0] === "settled") {
      const inner = this.of(source[1]);
      return settledOutlet(inner.single === null ? this.#joined(source[1], inner) : inner);
    }
    const [, ...items] = source;
    const outlets = items.map((item) => this.of(item));
    const depth = 1 + Math.max(0, ...outlets.map((outlet) => outlet.depth));
    const list: Outlet = {
      ports: distinct(outlets),
      source: listSource(
        null,
        outlets.map((outlet) => outlet.source),
      ),
      depth,
      single: null,
      first: outlets[0]?.first ?? null,
    };
    return items.length > LONG_LIST || depth > MOST_LEVELS ? this.#joined(source, list) : list;
  }

  /** What a call waits for and takes. */
  inletOf({ form, take, after }: Call, { aside, place }: Scope): Inlet {
    const takes = take.map(([position, source]) => [position, this.of(source)] as const);
    const outlets = [...takes.map(([, outlet]) => outlet), ...after.map((source) => this.of(source))];
    const ports = distinct(outlets);
    const many = endsOf(ports) > 1 && !beginsWithOne(form);
    const first = outlets[0]?.first ?? null;
    const order = { ports, source: listSource(null, []), first };
    return {
      ports: many ? this.#compiler.builder.join(order, aside, place).ports : ports,
      taken: { from: "calls", takes: takes.map(([position, { source }]) => [position, source]) },
      parentId: first,
    };
  }

  #joined(source: CallSource, outlet: Outlet): Outlet {
    const text = JSON.stringify(source);
    const made = this.#joins.get(text) ?? this.#compiler.singled(outlet, this.#scope);
    this.#joins.set(text, made);
    return made;
  }
}

/** The ends of outlets, each part once: who needs its success does not ask for its end, too. */
function distinct(outlets: readonly Outlet[]): Port[] {
  const ports = new Map<unknown, Port>();
  for (const port of outlets.flatMap((outlet) => outlet.ports)) {
    const key = port.part ?? port.list;
    if (port.kind === "success" || !ports.has(key)) ports.set(key, port);
  }
  return [...ports.values()];
}

function needsOf(call: Call, form: WorkflowForm, place: Place): number[] {
  const sources = [...call.take.map(([, source]) => source), ...call.after];
  return [...new Set(sources.flatMap((source) => numbersIn(source, form, place)))];
}

function numbersIn(source: CallSource, form: WorkflowForm, place: Place): number[] {
  if (typeof source !== "number") {
    const [, ...items] = source;
    return items.flatMap((item) => numbersIn(item, form, place));
  }
  if (form.calls[source] !== undefined) return [source];
  throw invalidForm(
    place,
    "a Ref of another workflow stands for none of its calls; give the value with the send, or call it here",
  );
}

function reachedFrom(start: readonly number[], needs: readonly (readonly number[])[]): Set<number> {
  const reached = new Set<number>();
  const left = [...start];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    left.push(...needs[at]!);
  }
  return reached;
}

/** The calls, each behind those that it needs: as they were written, where that is such an order. */
function inOrder(needs: readonly (readonly number[])[], place: Place | null): number[] {
  const followers = needs.map((): number[] => []);
  for (const [index, wanted] of needs.entries()) for (const need of wanted) followers[need]!.push(index);
  const missing = needs.map((wanted) => wanted.length);
  const order: number[] = [];
  const done = new Set<number>();
  for (const start of needs.keys()) {
    const ready = missing[start] === 0 && !done.has(start) ? [start] : [];
    for (let index = ready.shift(); index !== undefined; index = ready.shift()) {
      done.add(index);
      order.push(index);
      // Those further on are met by the loop around this one.
      for (const follower of followers[index]!)
        if (--missing[follower]! === 0 && follower < start) ready.push(follower);
    }
  }
  if (order.length === needs.length) return order;
  const first = missing.findIndex((count, index) => count > 0 && !done.has(index));
  throw invalidForm(within(place, "parts", first), "it waits for itself, through the calls that it needs");
}
