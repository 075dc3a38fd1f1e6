import fc from "fast-check";
import { expect, test } from "vitest";
import {
  chain,
  chord,
  group,
  settled,
  signatureFromJSON,
  type AnySignature,
} from "../../src/canvas/index.js";
import { evaluate, type Log, runParts, runTask, type Spec } from "./interpreters.js";
import { anyTask, compiled, sender } from "./signatures.js";

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- forms of any type */

/** The signature of a form, from the inside out: recursion would end long before the forms do. */
function signatureOf(spec: Spec): AnySignature {
  const plain = undressed(spec) as any;
  let dressed = plain;
  if (spec.link) dressed = dressed.link(signatureOf(spec.link) as any);
  if (spec.linkError) dressed = dressed.linkError(signatureOf(spec.linkError) as any);
  if (spec.onError) dressed = dressed.onError(signatureOf(spec.onError) as any);
  return dressed as AnySignature;
}

function undressed(spec: Spec): AnySignature {
  switch (spec.kind) {
    case "task": {
      const task = anyTask(spec.name);
      return spec.fixed ? task.si("own") : task.s("own");
    }
    case "chain":
      return (chain as any)(...spec.steps.map(signatureOf));
    case "pipe":
      return spec.steps.map(signatureOf).reduce((before, next) => (before as any).pipe(next));
    case "group":
      return group(spec.members.map(signatureOf));
    case "chord":
      return chord(spec.members.map(signatureOf), signatureOf(spec.body) as any);
    case "settled":
      return settled(signatureOf(spec.of) as any);
  }
}

let names = 0;
const task: fc.Arbitrary<Spec> = fc
  .record({ bad: fc.integer({ min: 0, max: 9 }), fixed: fc.boolean() })
  .map(({ bad, fixed }) => ({ kind: "task", name: `${bad === 0 ? "bad" : "ok"}${names++}`, fixed }));
const callback: fc.Arbitrary<Spec> = fc.oneof(
  task,
  fc.array(task, { minLength: 1, maxLength: 3 }).map((steps): Spec => ({ kind: "chain", steps })),
  fc.array(task, { maxLength: 3 }).map((members): Spec => ({ kind: "group", members })),
);
const callbacks = fc.record({ link: callback, linkError: callback, onError: callback }, { requiredKeys: [] });

const { spec: specs } = fc.letrec<{ spec: Spec }>((tie) => {
  const list = (minLength: number): fc.Arbitrary<Spec[]> =>
    fc.array(tie("spec"), { minLength, maxLength: 4 });
  return {
    spec: fc
      .tuple(
        fc.oneof(
          { maxDepth: 6, depthSize: "medium" },
          { weight: 4, arbitrary: task },
          { weight: 3, arbitrary: list(1).map((steps): Spec => ({ kind: "chain", steps })) },
          { weight: 1, arbitrary: list(1).map((steps): Spec => ({ kind: "pipe", steps })) },
          { weight: 3, arbitrary: list(0).map((members): Spec => ({ kind: "group", members })) },
          {
            weight: 2,
            arbitrary: fc
              .tuple(list(0), tie("spec"))
              .map(([members, body]): Spec => ({ kind: "chord", members, body })),
          },
          { weight: 1, arbitrary: tie("spec").map((of): Spec => ({ kind: "settled", of })) },
        ),
        fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: callbacks }),
      )
      .map(([spec, dressing]): Spec => ({ ...spec, ...dressing })),
  };
});

/** A form of this depth around another one. */
function nested(spec: Spec, shapes: readonly number[]): Spec {
  const name = (): Spec => ({ kind: "task", name: `ok${names++}`, fixed: false });
  return shapes.reduce<Spec>((inside, shape) => {
    if (shape === 0) return { kind: "chain", steps: [inside, name()] };
    if (shape === 1) return { kind: "pipe", steps: [name(), inside] };
    if (shape === 2) return { kind: "group", members: [inside] };
    if (shape === 3) return { kind: "group", members: [name(), inside] };
    if (shape === 4) return { kind: "chord", members: [inside, name()], body: name() };
    if (shape === 5) return { kind: "settled", of: inside };
    return { kind: "chain", steps: [inside], onError: name() };
  }, spec);
}

async function bothWays(spec: Spec): Promise<void> {
  const [partsLog, formsLog]: [Log, Log] = [[], []];
  const byParts = runParts(
    compiled(signatureOf(spec), { open: takesOpen(spec) ? ["open"] : [] }),
    runTask(partsLog),
  );
  const args = takesOpen(spec) ? ["open"] : [];
  const byForms = await evaluate(spec, { args }, runTask(formsLog));
  expect({ end: byParts, runs: partsLog.sort() }).toEqual({ end: byForms, runs: formsLog.sort() });
}

/** Whether one of the first tasks takes what is given with the send. */
function takesOpen(spec: Spec): boolean {
  switch (spec.kind) {
    case "task":
      return !spec.fixed;
    case "chain":
    case "pipe":
      return takesOpen(spec.steps[0]!);
    case "group":
      return spec.members.some(takesOpen);
    case "chord":
      return spec.members.some(takesOpen);
    case "settled":
      return takesOpen(spec.of);
  }
}

test("parts and edges give the values, the failures and the calls that the form says", async () => {
  await fc.assert(fc.asyncProperty(specs, bothWays), { numRuns: 1_000 });
});

test("so they do in forms that nest 200 deep", async () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 150, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(specs, shapes, (spec, shape) => bothWays(nested(spec, shape))),
    { numRuns: 50 },
  );
});

test("a form that was written as JSON and read again is the same graph", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const signature = signatureOf(spec);
      const text = JSON.stringify(signature);
      const read = signatureFromJSON(JSON.parse(text), sender);
      expect(compiled(read)).toEqual(compiled(signature));
      expect(JSON.stringify(read)).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test("every edge is counted, and every list is of a part or of a group", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const { parts, lists } = compiled(signatureOf(spec));
      const arrivals = new Map<string, number>();
      const edges = new Map(lists.map((list) => [list.key, list.edges]));
      for (const { list } of parts) {
        for (const { to } of edges.get(list ?? "") ?? []) arrivals.set(to, (arrivals.get(to) ?? 0) + 1);
      }
      expect(parts.map(({ id, pending }) => [id, pending])).toEqual(
        parts.map(({ id }) => [id, arrivals.get(id) ?? 0]),
      );
      expect(lists.filter((list) => list.edges.length === 0)).toEqual([]);
      expect(new Set(lists.map(({ key }) => key)).size).toBe(lists.length);
    }),
    { numRuns: 300 },
  );
});
