import { expect, test } from "vitest";
import { chain, chord, group, settled } from "../../src/canvas/index.js";
import { systemClock } from "../../src/core/clock.js";
import { anyTask, compiled, type Loose } from "./signatures.js";

/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return */

const [a, b] = [anyTask("a"), anyTask("b")];
const DEEP = 100_000;

function timed<T>(what: string, run: () => T): T {
  const begun = systemClock.monotonicMs();
  const value = run();
  console.log(`${what}: ${Math.round(systemClock.monotonicMs() - begun)} ms`);
  return value;
}

function piped(depth: number): Loose {
  let signature: Loose = a.s(0);
  for (let step = 1; step < depth; step++) signature = signature.pipe(b.s(step));
  return signature;
}

test("pipe nests 100,000 deep: it is cloned, stamped, written and compiled", () => {
  const signature = timed("pipe", () => piped(DEEP));
  const stamped = timed("clone and stamp", () => signature.clone().stamp({ trace: "t" }));
  const json = timed("toJSON", () => stamped.toJSON());
  expect(json).toMatchObject({ sunbeat: 1, stamps: { trace: "t" } });
  expect(json.chain).toHaveLength(DEEP);
  expect(timed("compile", () => compiled(stamped)).parts).toHaveLength(DEEP);
});

test("what is put around at each level does not end it either", () => {
  let inner: Loose = a.s();
  for (let level = 0; level < DEEP; level++) {
    const shape = level % 5;
    if (shape === 0) inner = inner.set({ priority: level % 10 }).pipe(b.s());
    else if (shape === 1) inner = group([inner]);
    else if (shape === 2) inner = settled(inner);
    else if (shape === 3) inner = chord([inner], b.s());
    else inner = b.s().pipe(inner);
  }
  const { parts } = timed("five forms, nested", () => compiled(inner));
  expect(parts.filter(({ message }) => message !== null)).toHaveLength(1 + (DEEP / 5) * 3);
  expect(timed("toJSON", () => inner.toJSON())).toHaveProperty("chain");
});

test.each([
  ["group of 100,000", () => group(Array.from({ length: DEEP }, (_, n) => a.s(n))), DEEP + 1],
  ["chain of 100,000", () => (chain as Loose)(...Array.from({ length: DEEP }, (_, n) => a.s(n))), DEEP],
  [
    "50,000 into 50,000",
    () =>
      chain(
        group(Array.from({ length: 50_000 }, () => a.s())),
        group(Array.from({ length: 50_000 }, () => b.s())) as Loose,
      ),
    DEEP + 2,
  ],
  ["a chain of 50,000 with an error callback", () => piped(50_000).onError(a.s()), 50_001],
])("%s", (what, make, count) => {
  const signature = make();
  const graph = timed(what, () => compiled(signature));
  expect(graph.parts).toHaveLength(count);
  const edges = graph.lists.reduce((sum, list) => sum + list.edges.length, 0);
  expect(edges).toBeLessThan(2 * count);
});

test("a part costs the same however many there are", () => {
  const bytes = (count: number): number => JSON.stringify(compiled(piped(count))).length / count;
  const [ten, thousand, most] = [bytes(10), bytes(1_000), bytes(10_000)];
  // Numbers of four digits are longer than those of one, and nothing else is.
  expect(most - thousand).toBeLessThan(12);
  expect(thousand - ten).toBeLessThan(30);
});

test("callbacks that multiply are refused before memory ends", () => {
  let signature: Loose = a.s();
  for (let level = 0; level < 2_000; level++) signature = signature.pipe(b.s()).onError(a.s());
  expect(() => compiled(signature, { limit: 5_000 })).toThrow(
    expect.objectContaining({ code: "SUNBEAT_GRAPH_TOO_LARGE" }) as Error,
  );
});
