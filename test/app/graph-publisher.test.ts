import { expect, test } from "vitest";
import { GraphPublisher, portionsOf } from "../../src/app/graph-publisher.js";
import { StoreError } from "../../src/core/errors.js";
import { FOLLOWED_AT_ONCE, type GraphPortion, type OpenOutcome } from "../../src/store/contracts/graphs.js";
import type { Store } from "../../src/store/contracts/store.js";
import type { CompiledGraph, FollowerList, NewPart } from "../../src/tasks/part.js";
import { systemRandom } from "../../src/core/random.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const part = (n: number, body = ""): NewPart => ({
  ...{ id: `g:${n}`, value: null, list: null, pending: 0, inputs: [], takers: 0 },
  message: { id: `g:${n}`, task: "t", body } as NewPart["message"],
});
const graph = (parts: number, lists: readonly FollowerList[] = [], body = ""): CompiledGraph => ({
  ...{ id: "g", name: "chord", output: "g:0", lists },
  parts: Array.from({ length: parts }, (_, n) => part(n, body)),
});
const list = (key: string, edges: number): FollowerList => ({
  key,
  edges: Array.from({ length: edges }, (_, n) => ({ to: `g:${n}`, kind: "success" })),
});

/** What one portion brings. */
const S = FOLLOWED_AT_ONCE;

test.each([
  [graph(0), [[0, 0, true]], "a graph of a join alone"],
  [graph(1), [[1, 0, true]], "a small one goes in one call"],
  [graph(S, [list("0", 1)]), [[S, 1, true]], "as many as one step takes"],
  [
    graph(2 * S + 1, [list("0", 1)]),
    [
      [S, 1, false],
      [S, 0, false],
      [1, 0, true],
    ],
    "the last one seals",
  ],
  [
    graph(1, [list("0", 2 * S + 200)]),
    [
      [1, S, false],
      [0, S, false],
      [0, 200, true],
    ],
    "a long list comes in pieces",
  ],
  [
    graph(
      1,
      Array.from({ length: 4 }, (_, n) => list(`${n}`, 200)),
    ),
    [
      [1, 200, false],
      [0, 200, false],
      [0, 200, false],
      [0, 200, true],
    ],
    "whole lists stay whole",
  ],
  [
    graph(
      10,
      Array.from({ length: 3 }, (_, n) => list(`${n}`, 300)),
    ),
    [
      [3, 300, false],
      [3, 300, false],
      [3, 300, false],
      [1, 0, true],
    ],
    "each brings parts, by which the store sees that one before it was lost",
  ],
  [
    graph(3, [], "x".repeat(2_500_000)),
    [
      [1, 0, false],
      [1, 0, false],
      [1, 0, true],
    ],
    "large bodies go one by one",
  ],
])("portions of row %#", (compiled, expected) => {
  const portions = [...portionsOf(compiled, 1_000)];
  const edges = (lists: readonly FollowerList[]): number =>
    lists.reduce((sum, one) => sum + one.edges.length, 0);
  expect(portions.map(({ parts, lists, seal }) => [parts.length, edges(lists), seal])).toEqual(expected);
  let before = 0;
  for (const portion of portions) {
    expect(portion.before).toBe(before);
    before += portion.parts.length;
  }
  expect(portions.flatMap(({ parts }) => parts.map(({ id }) => id))).toEqual(
    compiled.parts.map(({ id }) => id),
  );
});

test("what a list cancels goes with its first piece alone", () => {
  const cancels = [{ from: 0, to: 5 }];
  const pieces = [...portionsOf(graph(1, [{ ...list("0", 600), cancels }]), 1)].flatMap(({ lists }) => lists);
  expect(pieces.map((piece) => piece.cancels)).toEqual([cancels, undefined]);
});

const away = (): StoreError => new StoreError("SUNBEAT_STORE_BUSY", "away", { retryable: true });
const retry = { maxRetries: 3, intervalStartMs: 0, intervalStepMs: 200, intervalMaxMs: 300 };

function setUp(answer: (call: number) => Promise<OpenOutcome>, policy = retry) {
  const clock = new ManualClock(0);
  const calls: { at: number; seal: boolean }[] = [];
  const open = (portion: GraphPortion): Promise<OpenOutcome> => {
    calls.push({ at: clock.now(), seal: portion.seal });
    return answer(calls.length);
  };
  const store = (): Promise<Store> => Promise.resolve({ graphs: { open } } as unknown as Store);
  return {
    publisher: new GraphPublisher({ clock, store, retry: policy, random: systemRandom, queues: new Map() }),
    clock,
    calls,
  };
}

test("a portion that the store could not take is sent again, and those behind it wait", async () => {
  const { publisher, clock, calls } = setUp((call) =>
    call === 2 || call === 3 ? Promise.reject(away()) : Promise.resolve(call === 5 ? "sealed" : "open"),
  );
  const sent = publisher.open(graph(2 * S + 200), 1_000);
  await clock.advance(5_000);
  expect(await sent).toBe("sealed");
  expect(calls).toEqual([
    { at: 0, seal: false },
    { at: 0, seal: false },
    { at: 0, seal: false },
    { at: 200, seal: false },
    { at: 200, seal: true },
  ]);
});

test("a graph that is there is no error, and no more of it is sent than was on its way", async () => {
  const { publisher, calls } = setUp(() => Promise.resolve("duplicate"));
  expect(await publisher.open(graph(10 * S), 1_000)).toBe("duplicate");
  expect(calls.map(({ seal }) => seal)).toEqual([false, false]);
});

test("after the last try the sender has the error, and nothing was sealed", async () => {
  const { publisher, clock, calls } = setUp((call) =>
    call === 1 ? Promise.resolve("open") : Promise.reject(away()),
  );
  const sent = publisher.open(graph(2 * S), 1_000).catch((error: unknown) => error);
  await clock.advance(5_000);
  expect(await sent).toMatchObject({ code: "SUNBEAT_STORE_BUSY" });
  expect(calls.length).toBe(5);
});

test.each([
  [40_500, retry, "each try is given up after ten seconds"],
  [1_000, { ...retry, maxRetries: 0 }, "one that is not repeated after a second"],
])("a store that never answers is waited for %d ms: %j: %s", async (ms, policy) => {
  const { publisher, clock } = setUp(() => new Promise(() => undefined), policy);
  let end: unknown = null;
  void publisher.open(graph(1), 1_000).catch((error: unknown) => (end = error));
  await clock.advance(ms - 1);
  expect(end).toBeNull();
  await clock.advance(1);
  expect(end).toMatchObject({ code: "SUNBEAT_STORE_TIMEOUT" });
});

test("a drain waits for all portions of what is on its way, and a second for a store that is silent", async () => {
  const gates: ((outcome: OpenOutcome) => void)[] = [];
  const { publisher, clock, calls } = setUp(() => new Promise((resolve) => gates.push(resolve)));
  const sent = publisher.open(graph(2 * S), 1_000);
  let drained = false;
  void publisher.drain().then(() => (drained = true));
  await clock.advance(900);
  gates.shift()!("open");
  await clock.advance(900);
  expect([drained, calls.length]).toEqual([false, 2]);
  gates.shift()!("sealed");
  await clock.advance(0);
  expect([drained, await sent]).toEqual([true, "sealed"]);
  void publisher.open(graph(1), 1_000).catch(() => undefined);
  await clock.advance(0);
  let silent = false;
  void publisher.drain().then(() => (silent = true));
  await clock.advance(999);
  expect(silent).toBe(false);
  await clock.advance(1);
  expect(silent).toBe(true);
});

test("one portion is made ready while the store does another, and the last one waits for all", async () => {
  const gates: ((outcome: OpenOutcome) => void)[] = [];
  const { publisher, clock, calls } = setUp(() => new Promise((resolve) => void gates.push(resolve)));
  const sent = publisher.open(graph(4 * S), 1_000);
  const seen: number[] = [];
  for (let n = 0; n < 4; n++) {
    await clock.advance(0);
    seen.push(calls.length);
    gates[n]!(n === 3 ? "sealed" : "open");
  }
  expect([await sent, ...seen]).toEqual(["sealed", 2, 3, 3, 4]);
});

test("a graph of which the store has lost portions is sent anew from the first", async () => {
  const answers = ["open", "behind", "open", "open", "sealed"] as const;
  const { publisher, calls } = setUp((call) => Promise.resolve(answers[call - 1]!));
  expect(await publisher.open(graph(2 * S + 200), 1_000)).toBe("sealed");
  expect(calls.map(({ seal }) => seal)).toEqual([false, false, false, false, true]);
});

test("a store that loses portions again and again is told of", async () => {
  const { publisher, calls } = setUp((call) => Promise.resolve(call % 2 === 1 ? "open" : "behind"));
  await expect(publisher.open(graph(2 * S + 200), 1_000)).rejects.toMatchObject({
    code: "SUNBEAT_STORE_UNAVAILABLE",
    retryable: true,
  });
  expect(calls.length).toBe(10);
});
