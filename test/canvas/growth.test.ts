import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compileGrowth, type GrowingPart } from "../../src/canvas/compile/growth.js";
import { type AnySignature, chain, formOf, group, settled } from "../../src/canvas/index.js";
import { decodeBody } from "../../src/tasks/envelope.js";
import type { Growth } from "../../src/tasks/part.js";
import { anyTask, createMessage, NOW } from "./signatures.js";

const [a, b, c] = [anyTask("a"), anyTask("b"), anyTask("c")];

function grown(
  part: Partial<GrowingPart>,
  { replace = null, add = [] }: { replace?: unknown; add?: readonly unknown[] },
): Growth {
  return compileGrowth({
    part: { id: "G:5", graph: "G", group: { key: "0", index: 2 }, stamps: {}, ...part },
    replace: replace === null ? null : formOf(replace, "replace"),
    add: add.map((one) => formOf(one as AnySignature, "add")),
    createMessage,
    now: NOW,
    limit: 1_000,
  });
}

/** Each part with what it is and the list that it tells. */
const outline = ({ parts }: Growth): unknown[] =>
  parts.map(({ id, message, value, list, pending }) => [
    id,
    message === null ? value : message.task,
    message === null ? [] : decodeBody(message.body).part!.take,
    pending,
    list,
  ]);

describe("self.replace", () => {
  test("parts have ids behind that of the run, which ends as the last of them", () => {
    const growth = grown({}, { replace: chain(a.s(1), b.s()) });
    expect(outline(growth)).toEqual([
      ["G:5/0", "a", [], 0, "5/0"],
      ["G:5/1", "b", [[0, "5/0"]], 1, "5/1"],
    ]);
    expect(growth.lists).toEqual([
      { key: "5/0", edges: [{ to: "G:5/1", kind: "success" }] },
      { key: "5/1", edges: [{ to: "G:5", kind: "replace" }] },
    ]);
    expect([growth.output, growth.added]).toEqual(["G:5/1", null]);
  });

  test("they stay in the group of the run, and are its children", () => {
    const [part] = grown({ stamps: { trace: "t" } }, { replace: a.s(1) }).parts;
    expect(decodeBody(part!.message!.body)).toMatchObject({
      parentId: "G:5",
      rootId: "G",
      groupId: "G#0",
      headers: { trace: "t" },
      part: { take: [], group: "0", groupIndex: 2, stamps: ["trace"] },
    });
  });

  test.each<[string, () => unknown, unknown]>([
    ["a group", () => group([a.s(), b.s()]), ["list", "5/0", "5/0", "5/1"]],
    ["a settled task", () => settled(a.s()), ["settled", "5/0"]],
  ])("%s gets a part that collects, since a copy needs one value", (_, make, source) => {
    const growth = grown({}, { replace: make() });
    const last = growth.parts.at(-1)!;
    expect([last.message!.task, decodeBody(last.message!.body).part!.take]).toEqual([
      "sunbeat.collect",
      [[0, source]],
    ]);
    expect(growth.output).toBe(last.id);
  });

  test("a run outside of a graph becomes the first part of one of its id", () => {
    const growth = grown({ id: "m", graph: null, group: null }, { replace: chain(a.s(), b.s()) });
    expect(outline(growth)).toEqual([
      ["m:0", "a", [], 0, "0"],
      ["m:1", "b", [[0, 0]], 1, "1"],
    ]);
    expect(growth.lists[1]).toEqual({ key: "1", edges: [{ to: "m", kind: "replace" }] });
  });

  test("what grew grows on, and long ids become short", () => {
    expect(outline(grown({ id: "G:5/0" }, { replace: a.s() }))).toEqual([["G:5/0/0", "a", [], 0, "5/0/0"]]);
    const long = `G:5${"/0".repeat(120)}`;
    const hash = createHash("sha256").update(long).digest("hex").slice(0, 16);
    const growth = grown({ id: long }, { replace: chain(a.s(), b.s()) });
    expect(outline(growth)).toEqual([
      [`G:~${hash}/0`, "a", [], 0, `~${hash}/0`],
      [`G:~${hash}/1`, "b", [[0, `~${hash}/0`]], 1, `~${hash}/1`],
    ]);
  });
});

describe("self.add", () => {
  test("members take the list of the group, and give their values behind the others", () => {
    const growth = grown({}, { add: [a.s(1), chain(b.s(), c.s())] });
    expect(outline(growth)).toEqual([
      ["G:5/0", "a", [], 0, "0"],
      ["G:5/1", "b", [], 0, "5/0"],
      ["G:5/2", "c", [[0, "5/1"]], 1, "0"],
    ]);
    expect(growth.lists).toEqual([{ key: "5/0", edges: [{ to: "G:5/2", kind: "success" }] }]);
    expect(growth.added).toEqual({ list: "0", outputs: ["G:5/0", "G:5/2"], values: ['"5/0"', '"5/2"'] });
    expect(growth.parts.map(({ takers }) => takers)).toEqual([null, 1, null]);
  });

  test.each<[string, () => unknown, unknown]>([
    ["a group", () => group([a.s(), b.s()]), ["list", "5/0", "5/0", "5/1"]],
    ["a settled task", () => settled(a.s()), ["settled", "5/0"]],
    ["a task with callbacks, which has a list of its own", () => a.s().link(b.s()), "5/0"],
  ])("%s is one member through a join", (_, make, source) => {
    const growth = grown({}, { add: [make()] });
    const join = growth.parts.at(-1)!;
    expect([join.message, JSON.parse(join.value!), join.list]).toEqual([null, source, "0"]);
    expect(growth.added).toEqual({
      list: "0",
      outputs: [join.id],
      values: [JSON.stringify(join.id.slice(2))],
    });
  });

  test("it goes together with self.replace", () => {
    const growth = grown({}, { add: [a.s()], replace: b.s() });
    expect([growth.output, growth.added!.outputs]).toEqual(["G:5/1", ["G:5/0"]]);
  });

  test.each<[string, Partial<GrowingPart>, readonly unknown[], string]>([
    [
      "outside of a group",
      { group: null },
      [a.s()],
      "add: members are added to the innermost group of a run, and this one is in none",
    ],
    ["with a taskId", {}, [a.s(), b.s().set({ taskId: "x" })], "add[1]: taskId: expected none, since parts have ids of their own; give the graph one"], // prettier-ignore
    [
      "more than 10,000",
      {},
      Array.from({ length: 10_001 }, () => a.s()),
      "add: a run adds at most 10000 members, got 10001; let some of them add the rest",
    ],
  ])("is refused %s", (_, part, add, message) => {
    expect(() => grown(part, { add })).toThrow(message);
  });
});
