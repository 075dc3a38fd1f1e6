/**
 * Two meanings of a form, written apart: one runs the parts and edges that it compiles to, one evaluates the form itself, and
 * knows nothing of parts. The same tasks must run with the same arguments, and the same value or failure must come out.
 */
import { decodeBody } from "../../src/tasks/envelope.js";
import type { CompiledGraph, EdgeKind, NewPart, Source } from "../../src/tasks/part.js";

/** The name of the task that failed first, and how many had run before. */
interface Failure {
  readonly failed: string;
  readonly at: number;
}
export type End = { readonly value: unknown } | Failure;
/** Name and arguments of each run, in any order. */
export type Log = string[];
export type Run = (task: string, args: readonly unknown[]) => End;

/** How tasks of tests behave: their value tells their arguments; those whose name says so fail. */
export function runTask(log: Log): Run {
  return (task, args) => {
    if (task === "sunbeat.collect") return { value: args[0] };
    log.push(`${task}(${JSON.stringify(args)})`);
    return task.startsWith("bad")
      ? { failed: task, at: log.length }
      : { value: hash(`${task}(${JSON.stringify(args)})`) };
  };
}

/** Values stay small, however deep forms nest. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return sum.toString(36);
}

// ---- parts ----

/** "unneeded": an error callback without an error, and what follows it. */
type Ended = End | "unneeded";

interface Waiting {
  readonly part: NewPart;
  pending: number;
  ended: Ended | null;
  /** The failure that called it. */
  culprit: string | null;
}

/** Runs parts by their numbers, each as soon as its edges have arrived. Throws where one is left. */
export function runParts(graph: CompiledGraph, run: Run): End {
  const parts = new Map<string, Waiting>();
  for (const part of graph.parts)
    parts.set(part.id, { part, pending: part.pending, ended: null, culprit: null });
  const lists = new Map(graph.lists.map((list) => [list.key, list.edges]));
  const ready: Waiting[] = [];

  const end = (first: Waiting, how: Ended): void => {
    const ends: [Waiting, Ended][] = [[first, how]];
    for (let next = ends.shift(); next !== undefined; next = ends.shift()) {
      const [at, ended] = next;
      if (at.ended !== null) continue;
      at.ended = ended;
      for (const edge of lists.get(at.part.list ?? "") ?? []) {
        const target = parts.get(edge.to)!;
        if (target.ended !== null) continue;
        const arrival = arrive(target, ended, edge.kind);
        if (arrival === "start") ready.push(target);
        else if (arrival !== null) ends.push([target, arrival]);
      }
    }
  };
  for (const waiting of parts.values()) if (waiting.pending === 0) ready.push(waiting);
  while (ready.length > 0) {
    ready.sort((a, b) => numberOf(b.part) - numberOf(a.part));
    const at = ready.pop()!;
    if (at.ended === null)
      end(
        at,
        runPart(at, run, (source) => valueOf(source, graph.id, parts)),
      );
  }
  for (const { part, ended, pending } of parts.values()) {
    if (ended === null) throw new Error(`${part.id} is left with ${pending} edges`);
  }
  const output = parts.get(graph.output)!.ended!;
  if (output === "unneeded") throw new Error("the output is not needed");
  return output;
}

const numberOf = ({ id }: NewPart): number => Number(id.slice(id.lastIndexOf(":") + 1));

function arrive(target: Waiting, ended: Ended, kind: EdgeKind): "start" | Ended | null {
  if (ended === "unneeded") return "unneeded";
  if ("failed" in ended && kind !== "any") {
    if (kind === "success") return ended;
    if (target.culprit !== null) return null;
    target.culprit = ended.failed;
    return "start";
  }
  if (--target.pending > 0 || target.culprit !== null) return null;
  return kind === "failure" ? "unneeded" : "start";
}

function runPart({ part, culprit }: Waiting, run: Run, valueAt: (source: Source) => unknown): End {
  if (part.message === null) return { value: valueAt(JSON.parse(part.value!) as Source) };
  const body = decodeBody(part.message.body);
  const args = [...body.args];
  for (const [position, what] of body.part!.take) {
    const isNamed = Array.isArray(what);
    if (isNamed && what[0] === "failure") args.splice(position, 0, culprit);
    else if (isNamed && what[0] === "stream") args.splice(position, 0, valueAt(what[1] as Source));
    else args.splice(position, 0, valueAt(what as Source));
  }
  return run(part.message.task, args);
}

function valueOf(source: Source, graph: string, parts: ReadonlyMap<string, Waiting>): unknown {
  if (typeof source === "number" || typeof source === "string") {
    const ended = parts.get(`${graph}:${source}`)?.ended;
    if (ended === null || ended === undefined || ended === "unneeded" || "failed" in ended) {
      throw new Error(`${source} has no value`);
    }
    return ended.value;
  }
  if (source[0] === "settled") {
    const ended = parts.get(`${graph}:${source[1] as number}`)!.ended as End;
    return "failed" in ended
      ? { status: "rejected", reason: ended.failed }
      : { status: "fulfilled", value: ended.value };
  }
  const [, , ...items] = source;
  return items.flatMap((item) => {
    if (typeof item !== "object" || item[0] !== "run") return [valueOf(item, graph, parts)];
    const [, from, to, step] = item;
    const values: unknown[] = [];
    for (let at = from; at <= to; at += step) values.push(valueOf(at, graph, parts));
    return values;
  });
}

// ---- forms ----

/** A form as tests write it: from it come the signature and what is expected. */
export type Spec = (
  | { readonly kind: "task"; readonly name: string; readonly fixed: boolean }
  | { readonly kind: "chain" | "pipe"; readonly steps: readonly Spec[] }
  | { readonly kind: "group"; readonly members: readonly Spec[] }
  | { readonly kind: "chord"; readonly members: readonly Spec[]; readonly body: Spec }
  | { readonly kind: "settled"; readonly of: Spec }
) & {
  readonly link?: Spec | undefined;
  readonly linkError?: Spec | undefined;
  readonly onError?: Spec | undefined;
};

/** What comes before a form: the arguments of the send, or the end of another one. */
type Before = { readonly args: readonly unknown[] } | Promise<End>;

/** Evaluates the form by awaiting promises. `failures` notes the first failure of each task that runs, or cannot. */
export async function evaluate(spec: Spec, before: Before, run: Run, failures: Failure[] = []): Promise<End> {
  const own: Failure[] = [];
  const end = await inner(spec, before, run, own);
  failures.push(...own);
  const aside = (callback: Spec | undefined, given: End): Promise<End> | undefined =>
    callback && evaluate(callback, Promise.resolve(given), run);
  await aside(spec.link, end);
  if ("failed" in end) await aside(spec.linkError, { value: end.failed });
  // A form without tasks cannot run where what comes before it has failed.
  const first = firstOf(own) ?? ("failed" in end ? end : undefined);
  if (first !== undefined) await aside(spec.onError, { value: first.failed });
  return end;
}

async function inner(spec: Spec, before: Before, run: Run, failures: Failure[]): Promise<End> {
  switch (spec.kind) {
    case "task": {
      const given = before instanceof Promise ? await before : before;
      const taken = "args" in given ? given.args : "value" in given ? [given.value] : [];
      const end = "failed" in given ? given : run(spec.name, spec.fixed ? ["own"] : [...taken, "own"]);
      if ("failed" in end) failures.push(end);
      return end;
    }
    case "chain":
    case "pipe": {
      let current = before;
      for (const step of spec.steps) current = Promise.resolve(await evaluate(step, current, run, failures));
      return current as Promise<End>;
    }
    case "chord":
      return evaluate(
        spec.body,
        Promise.resolve(await all(spec.members, before, run, failures)),
        run,
        failures,
      );
    case "group":
      return all(spec.members, before, run, failures);
    case "settled": {
      const end = await evaluate(spec.of, before, run, failures);
      return "failed" in end
        ? { value: { status: "rejected", reason: end.failed } }
        : { value: { status: "fulfilled", value: end.value } };
    }
  }
}

/** Of several failures the one that came first is told. */
function firstOf(failures: readonly Failure[]): Failure | undefined {
  return failures.toSorted((a, b) => a.at - b.at)[0];
}

async function all(members: readonly Spec[], before: Before, run: Run, failures: Failure[]): Promise<End> {
  const ends: End[] = [];
  for (const member of members) ends.push(await evaluate(member, before, run, failures));
  // An empty group waits for what comes before it as its members would.
  if (members.length === 0 && before instanceof Promise) ends.push(await before);
  const failed = firstOf(ends.filter((end) => "failed" in end));
  if (members.length === 0) return failed ?? { value: [] };
  return failed ?? { value: ends.map((end) => ("value" in end ? end.value : null)) };
}
