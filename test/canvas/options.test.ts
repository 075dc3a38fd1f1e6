import { describe, expect, test } from "vitest";
import { chain, chord, group, signatureFromJSON, workflow } from "../../src/canvas/index.js";
import { decodeBody } from "../../src/tasks/envelope.js";
import type { SendOptions } from "../../src/tasks/message.js";
import { anyTask, compiled, NOW, sender } from "./signatures.js";

const [a, b, c, y] = [anyTask("a"), anyTask("b"), anyTask("c"), anyTask("y")];

/** What the messages of parts say, by task. */
function messages(signature: unknown, options?: SendOptions): Record<string, unknown> {
  const { parts } = compiled(signature, options && { options });
  return Object.fromEntries(
    parts.flatMap(({ message }) => {
      if (message === null) return [];
      const { eta, expires, queue, priority } = message;
      const { headers, part } = decodeBody(message.body);
      const stamps = part!.stamps;
      return [
        [
          message.task,
          {
            ...(eta && { eta }),
            ...(expires && { expires }),
            ...(queue !== "q" && { queue }),
            ...(priority !== 0 && { priority }),
            ...(Object.keys(headers).length > 0 && { headers }),
            ...(stamps.length > 0 && { stamps }),
          },
        ],
      ];
    }),
  );
}

describe("options", () => {
  test.each<[string, () => unknown, SendOptions | undefined, Record<string, unknown>]>([
    [
      "of the send are defaults of all parts, also of callbacks",
      () => chain(a.s(), b.s().set({ queue: "own" })).onError(y.s()),
      { queue: "fast", priority: 3, headers: { h: "1" } },
      {
        a: { queue: "fast", priority: 3, headers: { h: "1" } },
        b: { queue: "own", priority: 3, headers: { h: "1" } },
        y: { queue: "fast", priority: 3, headers: { h: "1" } },
      },
    ],
    [
      "of inner forms go before those of outer ones",
      () => chain(a.s(), chain(b.s(), c.s()).set({ queue: "in", headers: { x: "in" } })),
      { queue: "out", headers: { x: "out", z: "out" } },
      {
        a: { queue: "out", headers: { x: "out", z: "out" } },
        b: { queue: "in", headers: { x: "in", z: "out" } },
        c: { queue: "in", headers: { x: "in", z: "out" } },
      },
    ],
    [
      "of a task are not those of its callbacks",
      () => a.s().set({ queue: "own" }).link(b.s()),
      undefined,
      { a: { queue: "own" }, b: {} },
    ],
    [
      "countdown delays the first parts alone",
      () => chord([a.s(), b.s()], c.s()),
      { countdown: 5 },
      { a: { eta: { inMs: 5_000 } }, b: { eta: { inMs: 5_000 } }, c: {} },
    ],
    [
      "a part's own countdown goes before it, and counts from its release",
      () => chain(a.s(), b.s().set({ countdown: 2 })),
      { eta: new Date(NOW) },
      { a: { eta: { at: NOW } }, b: { eta: { inMs: 2_000 } } },
    ],
    [
      "the roots of a workflow are its first parts",
      () => workflow("w", (flow) => flow.call(b, [flow.call(a, [])])),
      { countdown: 5 },
      { a: { eta: { inMs: 5_000 } }, b: {} },
    ],
    [
      "expires of a form is one instant for all parts",
      () => chain(a.s(), b.s()),
      { expires: 60 },
      { a: { expires: { at: NOW + 60_000 } }, b: { expires: { at: NOW + 60_000 } } },
    ],
    [
      "expires of a part counts from its release",
      () => chain(a.s(), b.s().set({ expires: 60 })),
      undefined,
      { a: {}, b: { expires: { inMs: 60_000 } } },
    ],
    [
      "stamps are headers of all parts, and are marked as such that grow along",
      () => chain(a.s(), b.s().stamp({ deep: "1" })).stamp({ trace: "t" }),
      { headers: { h: "1" } },
      {
        a: { headers: { h: "1", trace: "t" }, stamps: ["trace"] },
        b: { headers: { h: "1", trace: "t", deep: "1" }, stamps: ["trace", "deep"] },
      },
    ],
    [
      "map goes to the queue of its task",
      () => group([anyTask("slow", "slow").map([1]), a.s()]),
      undefined,
      { "sunbeat.map": { queue: "slow" }, a: {} },
    ],
  ])("%s", (_, make, options, expected) => {
    expect(messages(make(), options)).toEqual(expected);
  });

  test("link and linkError of a send are callbacks", () => {
    const sent = compiled(a.s(1), { options: { link: b.s(), linkError: [y.s(), c.s()] } });
    const linked = compiled(a.s(1).link(b.s()).linkError(y.s()).linkError(c.s()));
    expect(sent).toEqual(linked);
  });

  test("taskId is the id of the graph", () => {
    const { id, output } = compiled(chain(a.s(), b.s()), { options: { taskId: "mine" } });
    expect([id, output]).toEqual(["mine", "mine:1"]);
  });
});

describe("what cannot be sent is refused, with its place", () => {
  const cyclic = {
    graph: {
      parts: [
        { task: "a", take: [[0, 1]] },
        { task: "b", take: [[0, 0]] },
      ],
      output: 0,
    },
  };
  test.each<[string, () => unknown, Parameters<typeof compiled>[1], string, string]>([
    // what                      form                                   send       code      message
    [
      "a part's own taskId",
      () => chain(a.s(), b.s(), group([c.s().set({ taskId: "x" })])),
      {},
      "INVALID",
      "chain[2].group[0]: taskId: expected none, since parts have ids of their own; give the graph one",
    ],
    [
      "arguments that nobody takes",
      () => chain(a.si(), b.s()),
      { open: [1] },
      "INVALID",
      "the form: it takes no arguments, and 1 came with the send",
    ],
    [
      "a Ref of another workflow",
      () => {
        let stolen: unknown;
        workflow("one", (flow) => (stolen = flow.call(a, [])) as never);
        return workflow("two", (flow) => flow.call(b, [stolen], { name: "thief" }));
      },
      {},
      "INVALID",
      "graph.parts[0] (thief): a Ref of another workflow stands for none of its calls; give the value with the send, or call it here",
    ],
    [
      "calls that wait for one another",
      () => fromJSON(cyclic),
      {},
      "INVALID",
      "graph.parts[0]: it waits for itself, through the calls that it needs",
    ],
    [
      "a stream without a list",
      () => chain(fromJSON({ task: "a", stream: true }) as never, b.s()),
      {},
      "INVALID",
      "chain[0]: a stream is open: put a group before it, or give it a list with the send",
    ],
    [
      "too many parts",
      () => chord([a.s(), b.s()], group([c.s(), y.s()])),
      { limit: 3 },
      "TOO_LARGE",
      "chord.body.group[1]: the graph has more than 3 parts (graphLimit is 3); make several graphs of it, let parts add the rest " +
        "while they run, or raise graphLimit",
    ],
    [
      "an id too long for those of parts",
      () => chain(a.s(), b.s()),
      { options: { taskId: "x".repeat(221) } },
      "INVALID",
      "the form: the id of a graph has at most 220 characters, got 221",
    ],
  ])("%s", (_, make, send, code, message) => {
    const form = make();
    expect(() => compiled(form, send)).toThrow(
      expect.objectContaining({ code: `SUNBEAT_GRAPH_${code}`, message }) as Error,
    );
  });

  test("joins are not counted", () => {
    expect(compiled(group([group([a.s()]), group([b.s()])]), { limit: 2 }).parts).toHaveLength(3);
  });

  test.each([":3", "x:3", "x:3/0", "x:~0123456789abcdef/0/12"])(
    "a taskId that ends as the id of a part does: %s",
    (taskId) => {
      expect(() => compiled(chain(a.s(), b.s()), { options: { taskId } })).toThrow(
        expect.objectContaining({
          code: "SUNBEAT_OPTION_INVALID",
          message: `taskId: expected text that does not end as the id of a part does (":3", ":3/0"), got "${taskId}"`,
        }) as Error,
      );
    },
  );

  test.each(["3", "x:3a", "x:", "x:3/", "x/3", "x:~12/0"])("%s is no such end", (taskId) => {
    expect(compiled(chain(a.s(), b.s()), { options: { taskId } }).id).toBe(taskId);
  });
});

function fromJSON(json: unknown): unknown {
  return signatureFromJSON(json, sender);
}
