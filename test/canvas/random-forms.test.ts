import fc from "fast-check";
import { expect, test } from "vitest";
import { signatureFromJSON } from "../../src/canvas/index.js";
import { evaluate, type Log, runParts, runTask, type Spec } from "./interpreters.js";
import { compiled, sender } from "./signatures.js";
import { freshTask, signatureOf, specs, takesOpen } from "./specs.js";

/** A form of this depth around another one. */
function nested(spec: Spec, shapes: readonly number[]): Spec {
  const name = freshTask;
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
