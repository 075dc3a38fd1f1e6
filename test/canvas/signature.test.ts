import { describe, expect, test } from "vitest";
import {
  type CanvasSender,
  chain,
  chord,
  formOf,
  group,
  settled,
  signatureFromJSON,
  soleTask,
  stream,
  taskSignatures,
  workflow,
} from "../../src/canvas/index.js";
import { anyTask, compiled, type Loose, NOW, sender } from "./signatures.js";

/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return */

const [a, b, y] = [anyTask("a"), anyTask("b"), anyTask("y")];

describe("a signature is a value", () => {
  test.each<[string, (signature: Loose) => unknown]>([
    ["pipe", (signature) => signature.pipe(b.s())],
    ["link", (signature) => signature.link(b.s())],
    ["linkError", (signature) => signature.linkError(y.s())],
    ["onError", (signature) => signature.onError(y.s())],
    ["set", (signature) => signature.set({ queue: "other" })],
    ["clone", (signature) => signature.clone()],
    ["stamp", (signature) => signature.stamp({ trace: "t" })],
  ])("%s gives a new one", (_, change) => {
    const signature = a.s(1);
    const before = JSON.stringify(signature);
    expect(change(signature)).not.toBe(signature);
    expect(JSON.stringify(signature)).toBe(before);
  });

  test("it has no then, cannot be written to, and tells whether it is fixed", () => {
    const signature: Loose = a.s();
    expect("then" in signature).toBe(false);
    expect(() => {
      signature.immutable = true;
    }).toThrow(TypeError);
    expect([
      (a.s() as Loose).immutable,
      a.si().immutable,
      a.map([]).immutable,
      a.chunks([[1]], 1).immutable,
    ]).toEqual([false, true, true, true]);
  });

  test("set joins headers, and a later delay takes the place of an earlier one", () => {
    const signature = a
      .s()
      .set({ headers: { x: "1" }, countdown: 5, queue: undefined })
      .set({ headers: { y: "2" }, eta: new Date(NOW) });
    expect(signature.toJSON()).toEqual({
      sunbeat: 1,
      task: "a",
      options: { headers: { x: "1", y: "2" }, eta: new Date(NOW).toISOString() },
    });
  });
});

describe("sending", () => {
  const sentBy = (name: string, log: unknown[]): CanvasSender => ({
    send: (form, open, options) => {
      log.push([name, form.kind, open, options]);
      return Promise.resolve(null as never);
    },
  });

  test("the app of the first part that has one sends a form", async () => {
    const log: unknown[] = [];
    const [one, two] = [sentBy("one", log), sentBy("two", log)];
    const first: Loose = taskSignatures({ name: "f", queue: null }, one);
    const second: Loose = taskSignatures({ name: "s", queue: null }, two);
    await first.s(1).delay(2);
    await second.s().pipe(first.s()).applyAsync([], { queue: "q" });
    await (group([second.s(), first.s()]) as Loose).delay();
    await (chord([], second.s() as never) as Loose).delay();
    await settled(second.s()).delay();
    await workflow("w", (flow) => flow.call(first, [])).delay();
    expect(log).toEqual([
      ["one", "task", [2], undefined],
      ["two", "chain", [], { queue: "q" }],
      ["two", "group", [], undefined],
      ["two", "chord", [], undefined],
      ["two", "settled", [], undefined],
      ["one", "workflow", [], undefined],
    ]);
  });

  test("one that no app has made is not sent", async () => {
    const error = expect.objectContaining({ code: "SUNBEAT_USAGE" }) as Error;
    await expect((group([]) as Loose).delay()).rejects.toThrow(error);
  });

  test("what is one task alone is told apart", () => {
    expect(soleTask(formOf(chain(a.s(1)), ""))).toMatchObject({ task: "a", args: [1] });
    expect(soleTask(formOf(a.s(1).link(b.s()), ""))).toBeNull();
    expect(soleTask(formOf(group([a.s()]), ""))).toBeNull();
  });
});

describe("what is no signature is refused where it is given", () => {
  test.each<[string, () => unknown, string]>([
    ["a task in a chain", () => chain(a as never), "chain[0]: expected a signature"],
    ["an empty chain", () => (chain as Loose)(), "chain: expected at least one signature, got []"],
    ["no list", () => group(5 as never), "group: expected an array of signatures, got 5"],
    ["a member", () => group([a.s(), 5] as never), "group[1]: expected a signature, got 5"],
    ["a body", () => chord([a.s()], null as never), "chord: body: expected a signature, got null"],
    [
      "errors",
      () => group([], { errors: "stop" as never }),
      'group: errors: expected "finish" or "cancel", got "stop"',
    ],
    ["a stream", () => stream("a" as never), 'stream: expected a task of an app, got "a"'],
    [
      "options",
      () => a.s().set({ queu: "x" } as never),
      'options: unknown option "queu" (did you mean "queue"?)',
    ],
    ["a link", () => a.s().set({ link: 5 as never }), "link: expected a signature, or a list of them, got 5"],
    ["chunks", () => a.chunks([], 0), "chunks: size: expected a whole number of at least 1, got 0"],
    ["what a workflow returns", () => workflow("w", () => 5 as never), "workflow w: what its function returns: expected a Ref of one of its calls, got 5"], // prettier-ignore
    ["after", () => workflow("w", (flow) => flow.call(a, [], { after: [5 as never] })), "flow.call: after: expected a Ref of a call, got 5"], // prettier-ignore
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("the written form", () => {
  test("has names that other programs rely on", () => {
    const flow = workflow("w", (flow) => {
      const one = flow.call(a, [1]);
      const two = flow.call(b, ["x", one], { after: [one], name: "second", queue: "q" });
      return flow.all([one, flow.settled(two)]);
    });
    const all = chain(
      group([a.s(1), b.si()], { errors: "cancel" }),
      chord([settled(a.s())], stream(b as never)).onError(y.s()) as never,
      flow.link(b.s()).linkError(y.s("ops")) as never,
    )
      .set({ expires: new Date(NOW), countdown: "5s" })
      .stamp({ trace: "t" });
    expect(JSON.parse(JSON.stringify(all))).toEqual({
      sunbeat: 1,
      chain: [
        {
          group: [
            { task: "a", args: [1] },
            { task: "b", immutable: true },
          ],
          errors: "cancel",
        },
        {
          chord: { header: [{ settled: { task: "a" } }], body: { task: "b", stream: true } },
          onError: [{ task: "y" }],
        },
        {
          graph: {
            name: "w",
            parts: [
              { task: "a", args: [1] },
              { task: "b", args: ["x"], options: { queue: "q" }, take: [[1, 0]], name: "second" },
            ],
            edges: [[0, 1]],
            output: ["list", 0, ["settled", 1]],
          },
          link: [{ task: "b" }],
          linkError: [{ task: "y", args: ["ops"] }],
        },
      ],
      options: { expires: { at: new Date(NOW).toISOString() }, countdown: "5s" },
      stamps: { trace: "t" },
    });
    const read = signatureFromJSON(JSON.parse(JSON.stringify(all)), sender);
    expect(compiled(read)).toEqual(compiled(all));
  });

  test("may be written by hand: without a version, and with one callback for a list of one", () => {
    const read = signatureFromJSON({ chain: [{ task: "a", link: { task: "b" } }] }, sender);
    expect(read.toJSON()).toEqual({ sunbeat: 1, task: "a", link: [{ task: "b" }] });
  });

  test.each<[string, unknown, string]>([
    ["no object", 5, "the form: expected an object, got 5"],
    ["no kind", {}, "the form: expected one of task, chain, group, chord, settled, graph, got []"],
    ["two kinds", { task: "a", chain: [] }, 'the form: expected one of task, chain, group, chord, settled, graph, got ["task","chain"]'], // prettier-ignore
    ["a slip", { chian: [] }, 'the form: expected one of task, chain, group, chord, settled, graph, got ["chian"] (did you mean "chain"?)'], // prettier-ignore
    ["another version", { sunbeat: 2, task: "a" }, "the form: expected version 1 of stored forms, got 2"],
    ["another version inside", { chain: [{ sunbeat: 2, task: "a" }] }, "chain[0]: expected version 1 of stored forms, got 2"], // prettier-ignore
    ["an unknown field", { task: "a", arg: [1] }, 'the form: unknown field "arg" (did you mean "args"?)'],
    ["an unknown field inside", { group: [{ task: "a" }, { task: "b", take: [] }] }, 'group[1]: unknown field "take"'], // prettier-ignore
    [
      "a field of another kind",
      { chain: [{ task: "a" }], errors: "cancel" },
      'the form: unknown field "errors"',
    ],
    ["no list", { chain: { task: "a" } }, 'chain: expected an array, got {"task":"a"}'],
    ["an empty chain", { chain: [] }, "the form: chain: expected at least one form, got []"],
    ["a task without a name", { task: "" }, "the form: task: expected text"],
    ["immutable", { task: "a", immutable: 1 }, "the form: immutable: expected true or false, got 1"],
    ["errors", { group: [], errors: "stop" }, 'the form: errors: expected "finish" or "cancel", got "stop"'],
    ["a part of a chord", { chord: { header: [], bodi: {} } }, 'chord: unknown field "bodi" (did you mean "body"?)'], // prettier-ignore
    ["no body", { chord: { header: [] } }, "chord.body: expected an object, got undefined"],
    ["an option", { task: "a", options: { queu: "x" } }, 'the form: options: unknown option "queu" (did you mean "queue"?)'], // prettier-ignore
    ["a value of an option", { settled: { task: "a", options: { priority: 10 } } }, "settled: priority: expected a whole number from 0 to 9, got 10"], // prettier-ignore
    ["stamps", { task: "a", stamps: { x: 1 } }, "the form: headers: expected an object of texts"],
    ["a callback", { task: "a", linkError: [{ task: "b" }, 5] }, "linkError[1]: expected an object, got 5"],
    ["a call that is not there", { graph: { parts: [{ task: "a" }], output: 1 } }, "graph.output: expected the number of a part"], // prettier-ignore
    ["an edge", { graph: { parts: [{ task: "a" }], edges: [[0, 7]], output: 0 } }, "graph.edges[0]: expected [from, to], got [0,7]"], // prettier-ignore
    ["positions that do not rise", { graph: { parts: [{ task: "a" }, { task: "b", take: [[1, 0], [1, 0]] }], output: 1 } }, "graph.parts[1].take[1]: expected [position, source] with positions that rise, got [1,0]"], // prettier-ignore
    ["a form that takes values", { graph: { parts: [{ task: "a" }, { group: [], take: [[0, 0]] }], output: 1 } }, "graph.parts[1]: take: only a task takes values"], // prettier-ignore
  ])("is refused: %s", (_, json, message) => {
    expect(() => signatureFromJSON(json, sender)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_GRAPH_INVALID",
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});
