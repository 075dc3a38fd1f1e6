import { expect, test } from "vitest";
import { formText, tasksOf } from "../../src/cli/form-text.js";

const a = { task: "a" };
const b = { task: "b" };
const nested = (depth: number): object => (depth === 0 ? a : { group: [nested(depth - 1), b] });

test.each<[text: string, because: string, form: unknown]>([
  ["a", "a task is its name", { sunbeat: 1, ...a, args: [1] }],
  ["chain(a, b)", "a chain has its order", { sunbeat: 1, chain: [a, b] }],
  ["group(2 x a, b, a)", "neighbours of one text are counted", { group: [a, a, b, a] }],
  [
    "group(9999 x a)",
    "many of one task take no more room",
    { group: Array.from({ length: 9_999 }, () => a) },
  ],
  ["chord(2 x a; b)", "the body stands apart", { chord: { header: [a, a], body: b } }],
  ["chain(settled(a), b)", "settled is a form, too", { chain: [{ settled: a }, b] }],
  ["report(a, b)", "a workflow has its name", { graph: { name: "report", parts: [a, b], output: 1 } }],
  ["group()", "a group may be empty", { group: [] }],
  ["group(h, g, f, e, d, c, ...)", "it is short", { group: Array.from("hgfedcba", (task) => ({ task })) }],
  ["group(group(group(group(group(...), b), b), b), b)", "deep forms are cut", nested(200)],
  ["chain(?)", "a broken form is shown as far as it goes", { chain: "no" }],
  ["chord(?; ?)", "so is a broken chord", { chord: { header: 5 } }],
  ["?", "it is no form at all", null],
  ["?", "it is an object of another kind", {}],
])("%s: %s", (text, _, form) => {
  expect(formText(form)).toBe(text);
});

test("the tasks of a form are found wherever it holds forms, and not in arguments", () => {
  const c = { task: "c", args: [{ task: "no" }] };
  const form = {
    chain: [
      {
        chord: {
          header: [a, { settled: b }],
          body: { ...c, link: [{ task: "d" }], linkError: [{ task: "e" }] },
        },
      },
    ],
    onError: [{ graph: { name: "f", parts: [{ task: "f" }, { group: [a] }] } }],
  };
  expect([...tasksOf(form)].sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
});
