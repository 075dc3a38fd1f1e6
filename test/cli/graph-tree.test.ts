/** Graphs as the command line draws them: forms are read from parts and edges. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { layOut } from "../../src/cli/graph-layout.js";
import { linesOf, shortId } from "../../src/cli/graph-tree.js";
import type { PartRecord } from "../../src/store/contracts/index.js";

const idOf = (number: string): string => (number === "-" ? "G" : `G:${number}`);

/** "1 thumb > 4, 6": part 1 of task thumb, followed by 4 and 6. Without a task it is a join. */
function part(text: string): PartRecord {
  const [head = "", followers = ""] = text.split(" > ");
  const [id = "", task = null] = head.split(" ");
  const known = followers === "" ? [] : followers.split(", ").map(idOf);
  return { id: idOf(id), task, state: "waiting", culprit: null, followers: known };
}

/** As it is drawn: indent, task, number, and "<" before what it is after where that is not seen. */
function drawn(output: string, ...parts: readonly string[]): string[] {
  return [...linesOf("G", layOut(parts.map(part), idOf(output)))].map(({ indent, item, after }) => {
    const name = item.part?.task ?? `group of ${item.branches.length}`;
    const id = item.part === null ? "" : ` ${shortId("G", item.part.id)}`;
    return `${indent}${name}${id}${after === null ? "" : ` < ${after}`}`;
  });
}

describe("a graph is drawn in the shape of the form that made it", () => {
  test.each<{ form: string; output: string; parts: string[]; lines: string[] }>([
    {
      form: "chain(a, b, c): one below the other",
      output: "2",
      parts: ["0 a > 1", "1 b > 2", "2 c"],
      lines: ["a 0", "b 1", "c 2"],
    },
    {
      form: "group([a, b]): members below the join",
      output: "2",
      parts: ["0 a > 2", "1 b > 2", "2"],
      lines: ["group of 2 2", "├─ a 0", "└─ b 1"],
    },
    {
      form: "chord([a, b], c): a heading without a join",
      output: "2",
      parts: ["0 a > 2", "1 b > 2", "2 c"],
      lines: ["group of 2", "├─ a 0", "└─ b 1", "c 2"],
    },
    {
      form: "chain(x, group([a, b]), c, d): the group between its neighbours",
      output: "5",
      parts: ["0 x > 1, 2", "1 a > 3", "2 b > 3", "3 > 4", "4 c > 5", "5 d"],
      lines: ["x 0", "group of 2 3", "├─ a 1", "└─ b 2", "c 4", "d 5"],
    },
    {
      form: "chord([chain(a, b), c], d): a chain is one branch",
      output: "3",
      parts: ["0 a > 1", "1 b > 3", "2 c > 3", "3 d"],
      lines: ["group of 2", "├─ a 0", "│  b 1", "└─ c 2", "d 3"],
    },
    {
      form: "group([group([a, b]), chain(group([c, d]), e)]): groups in groups",
      output: "6",
      parts: ["0 a > 2", "1 b > 2", "2 > 6", "3 c > 5", "4 d > 5", "5 e > 6", "6"],
      lines: [
        "group of 2 6",
        "├─ group of 2 2",
        "│  ├─ a 0",
        "│  └─ b 1",
        "└─ group of 2",
        "   ├─ c 3",
        "   └─ d 4",
        "   e 5",
      ],
    },
    {
      form: "a.link(z) in a group, and onError: side parts where all that they follow is seen",
      output: "3",
      parts: ["0 a > 3, 2, 4", "1 b > 3, 4", "2 z > 4", "3 c > 4", "4 alarm"],
      lines: ["group of 2", "├─ a 0", "│  z 2", "└─ b 1", "c 3", "alarm 4 < 0-3"],
    },
    {
      form: "a workflow: what a part is after, where that is not the line above",
      output: "2",
      parts: ["0 user > 1, 2", "1 orders > 2", "2 page > 3", "3 tidy", "4 log"],
      lines: ["user 0", "orders 1", "page 2 < 0-1", "tidy 3", "log 4 < nothing"],
    },
    {
      form: "chord([chain(x, group([a, b]), c), d], e): what is before a group in a branch stands in that branch",
      output: "5",
      parts: ["0 x > 1, 2", "1 a > 3", "2 b > 3", "3 c > 5", "4 d > 5", "5 e"],
      lines: ["group of 2", "├─ x 0", "│  group of 2", "│  ├─ a 1", "│  └─ b 2", "│  c 3", "└─ d 4", "e 5"],
    },
    {
      form: "a workflow: one that is after another than the line above",
      output: "1",
      parts: ["0 user > 1, 2", "1 page", "2 log"],
      lines: ["user 0", "page 1", "log 2 < 0"],
    },
    {
      form: "a workflow that forks and meets again",
      output: "3",
      parts: ["0 user > 1, 2", "1 left > 3", "2 right > 3", "3 page"],
      lines: ["user 0", "group of 2", "├─ left 1", "└─ right 2", "page 3"],
    },
    {
      form: "a part that has replaced itself by a chain: what stands for it below it",
      output: "2",
      parts: ["0 a > 1", "1 plan > 2", "1/0 x > 1/1", "1/1 y > 1", "2 b"],
      lines: ["a 0", "plan 1", "└─ x 1/0", "   y 1/1", "b 2"],
    },
    {
      form: "by a group: it is collected",
      output: "0",
      parts: ["0 plan", "0/0 x > 0/2", "0/1 y > 0/2", "0/2 sunbeat.collect > 0"],
      lines: ["plan 0", "└─ group of 2", "   ├─ x 0/0", "   └─ y 0/1", "   sunbeat.collect 0/2"],
    },
    {
      form: "members that were added stand in their group",
      output: "3",
      parts: ["0 seed > 1, 2", "1 crawl > 3", "2 crawl > 3", "3", "1/0 one > 3", "1/1 one > 3"],
      lines: ["seed 0", "group of 4 3", "├─ crawl 1", "├─ crawl 2", "├─ one 1/0", "└─ one 1/1"],
    },
    {
      form: "a message that became a graph of its own id",
      output: "-",
      parts: ["- plan", "0 x > 2", "1 y > 2", "2 z > -"],
      lines: ["plan -", "└─ group of 2", "   ├─ x 0", "   └─ y 1", "   z 2"],
    },
    {
      form: "a group of nothing",
      output: "0",
      parts: ["0"],
      lines: ["group of 0 0"],
    },
  ])("$form", ({ output, parts, lines }) => {
    expect(drawn(output, ...parts)).toEqual(lines);
  });
});

test("a part with a long id is known as what replaced another one by the hash of that one's id", () => {
  const long = `0/${"0/".repeat(100)}0`;
  const stem = `~${createHash("sha256").update(`G:${long}`).digest("hex").slice(0, 16)}`;
  expect(drawn(long, `${long} plan`, `${stem}/0 next > ${long}`)).toEqual([
    `plan ${long}`,
    `└─ next ${stem}/0`,
  ]);
});

test("a part that waits for many tells the first runs of them", () => {
  const many = [0, 1, 2, 4, 6, 7, 9].map((n) => `${n} a > 20`);
  const others = [3, 5, 8, 10].map((n) => `${n} b`);
  const lines = drawn("20", ...many, ...others, "20 c", "21 d");
  expect(lines.filter((line) => line.startsWith("c"))).toEqual(["c 20 < 0-2, 4, 6-7, ..."]);
});

test("a hundred thousand parts in a row, and groups in groups to a depth of a thousand, are laid out", () => {
  const size = 100_000;
  const chain = Array.from({ length: size }, (_, n) => `${n} a${n < size - 1 ? ` > ${n + 1}` : ""}`);
  expect(drawn(String(size - 1), ...chain)).toHaveLength(size);
  const deep = Array.from({ length: 1_000 }, (_, n) => [
    `a${n} x > j${n}`,
    `j${n}${n > 0 ? ` > j${n - 1}` : ""}`,
  ]);
  const lines = drawn("j0", ...deep.flat());
  expect(lines).toHaveLength(2_000);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
});

test("a chord of a hundred thousand is laid out", () => {
  const members = Array.from({ length: 100_000 }, (_, n) => `${n} a > j`);
  const lines = linesOf("G", layOut([...members, "j > b", "b sum"].map(part), "G:b"));
  expect([lines.next().value?.item.branches.length, lines.next().value?.indent]).toEqual([100_000, "├─ "]);
});
