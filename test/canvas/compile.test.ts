import { describe, expect, test } from "vitest";
import { chain, chord, group, settled, stream, workflow } from "../../src/canvas/index.js";
import { decodeBody } from "../../src/tasks/envelope.js";
import type { CompiledGraph } from "../../src/tasks/part.js";
import { anyTask, compiled } from "./signatures.js";

const [a, b, c, d] = [anyTask("a"), anyTask("b"), anyTask("c"), anyTask("d")];
const [body, alarm] = [anyTask("body"), anyTask("alarm")];

const ARROWS = { success: "-o->", any: "-a->", failure: "-e->", replace: "=r=>" } as const;

/** A graph in lines: what each part is and takes, and what each list of followers is. */
function lines({ id, parts, lists, output }: CompiledGraph): string[] {
  const short = (text: string): string => text.slice(id.length + 1);
  return [
    ...parts.map((part) => {
      const { message, value, list, pending, inputs, takers } = part;
      const what =
        message === null
          ? `join ${value}`
          : `${message.task}(${JSON.stringify(decodeBody(message.body).args).slice(1, -1)})`;
      const take = message === null ? [] : decodeBody(message.body).part!.take;
      return (
        `${short(part.id)} ${what}${take.length > 0 ? ` takes ${JSON.stringify(take)}` : ""}` +
        ` pending ${pending} list ${list} inputs ${inputs === null ? null : `[${inputs.map(short).join()}]`} takers ${takers}`
      );
    }),
    ...lists.map(({ key, edges, cancels = [] }) => {
      const cancelled = cancels.map(({ from, to }) => ` cancels [${from}, ${to})`).join("");
      return `list ${key}: ${edges.map((edge) => `${ARROWS[edge.kind]} ${short(edge.to)}`).join(" ")}${cancelled}`;
    }),
    `output ${short(output)}`,
  ];
}

describe("what is written becomes parts and edges", () => {
  test.each<[string, () => unknown, string[]]>([
    [
      "a task alone is one part",
      () => a.s(1),
      ["0 a(1) pending 0 list null inputs [] takers null", "output 0"],
    ],
    [
      "chain(a, b, c): each takes the output before it, in front of its own arguments",
      () => chain(a.s(1), b.s(2), c.s()),
      [
        "0 a(1) pending 0 list 0 inputs [] takers 1",
        "1 b(2) takes [[0,0]] pending 1 list 1 inputs [0] takers 1",
        "2 c() takes [[0,1]] pending 1 list null inputs [1] takers null",
        "list 0: -o-> 1",
        "list 1: -o-> 2",
        "output 2",
      ],
    ],
    [
      "what is fixed waits and takes nothing",
      () => chain(a.s(1), b.si(2), c.s()),
      [
        "0 a(1) pending 0 list 0 inputs [] takers 0",
        "1 b(2) pending 1 list 1 inputs [] takers 1",
        "2 c() takes [[0,1]] pending 1 list null inputs [1] takers null",
        "list 0: -o-> 1",
        "list 1: -o-> 2",
        "output 2",
      ],
    ],
    [
      "group: members share a list that leads to a join",
      () => group([a.s(1), b.s(2)]),
      [
        "0 a(1) pending 0 list 0 inputs [] takers null",
        "1 b(2) pending 0 list 0 inputs [] takers null",
        '2 join ["list","0",0,1] pending 2 list null inputs null takers null',
        "list 0: -o-> 2",
        "output 2",
      ],
    ],
    [
      "chord: no join before one body",
      () => chord([a.s(1), b.s(2)], body.s()),
      [
        "0 a(1) pending 0 list 0 inputs [] takers null",
        "1 b(2) pending 0 list 0 inputs [] takers null",
        '2 body() takes [[0,["list","0",0,1]]] pending 2 list null inputs null takers null',
        "list 0: -o-> 2",
        "output 2",
      ],
    ],
    [
      "chain(group, group, body): a join between several and several, so edges are not multiplied",
      () => chain(group([a.s(), b.s()]), group([c.s(), d.s(), a.s()]), body.s()),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        "1 b() pending 0 list 0 inputs [] takers null",
        '2 join ["list","0",0,1] pending 2 list 2 inputs null takers null',
        "3 c() takes [[0,2]] pending 1 list 1 inputs null takers null",
        "4 d() takes [[0,2]] pending 1 list 1 inputs null takers null",
        "5 a() takes [[0,2]] pending 1 list 1 inputs null takers null",
        '6 body() takes [[0,["list","1",["run",3,5,1]]]] pending 3 list null inputs null takers null',
        "list 0: -o-> 2",
        "list 1: -o-> 6",
        "list 2: -o-> 3 -o-> 4 -o-> 5",
        "output 6",
      ],
    ],
    [
      "settled: edges of either end, and its end as the value",
      () => chain(settled(a.s(1)), b.s()),
      [
        "0 a(1) pending 0 list 0 inputs [] takers 1",
        '1 b() takes [[0,["settled",0]]] pending 1 list null inputs [0] takers null',
        "list 0: -a-> 1",
        "output 1",
      ],
    ],
    [
      "settled members of a chord have a list of their own: what a run adds comes to the group's",
      () => chord([settled(a.s()), settled(b.s()), c.s()], body.s()),
      [
        "0 a() pending 0 list 1 inputs [] takers null",
        "1 b() pending 0 list 1 inputs [] takers null",
        "2 c() pending 0 list 0 inputs [] takers null",
        '3 body() takes [[0,["list","0",["settled",0],["settled",1],2]]] pending 3 list null inputs null takers null',
        "list 0: -o-> 3",
        "list 1: -a-> 3",
        "output 3",
      ],
    ],
    [
      "settled(group) is the end of its join",
      () => settled(group([a.s(), b.s()])),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        "1 b() pending 0 list 0 inputs [] takers null",
        '2 join ["list","0",0,1] pending 2 list 1 inputs null takers null',
        '3 join ["settled",2] pending 1 list null inputs null takers null',
        "list 0: -o-> 2",
        "list 1: -a-> 3",
        "output 3",
      ],
    ],
    [
      "link and linkError: side parts, which give nothing on",
      () => chain(a.s().link(b.s()).linkError(alarm.s("ops")), c.s()),
      [
        "0 a() pending 0 list 0 inputs [] takers 2",
        "1 b() takes [[0,0]] pending 1 list null inputs [0] takers 0",
        '2 alarm("ops") takes [[0,["failure"]]] pending 1 list null inputs [] takers 0',
        "3 c() takes [[0,0]] pending 1 list null inputs [0] takers null",
        "list 0: -o-> 1 -e-> 2 -o-> 3",
        "output 3",
      ],
    ],
    [
      "onError: every part of the form leads to it, once a list",
      () => chord([a.s(), b.s()], body.s()).onError(alarm.s()),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        "1 b() pending 0 list 0 inputs [] takers null",
        '2 body() takes [[0,["list","0",0,1]]] pending 2 list 1 inputs null takers null',
        '3 alarm() takes [[0,["failure"]]] pending 3 list null inputs [] takers 0',
        "list 0: -o-> 2 -e-> 3",
        "list 1: -e-> 3",
        "output 2",
      ],
    ],
    [
      "several that are called at a failure share one part that is",
      () => a.s().linkError(group([alarm.s(), b.s()])),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        '1 sunbeat.collect() takes [[0,["failure"]]] pending 1 list 2 inputs [] takers 2',
        "2 alarm() takes [[0,1]] pending 1 list 1 inputs [1] takers null",
        "3 b() takes [[0,1]] pending 1 list 1 inputs [1] takers null",
        '4 join ["list","1",2,3] pending 2 list null inputs null takers null',
        "list 0: -e-> 1",
        "list 1: -o-> 4",
        "list 2: -o-> 2 -o-> 3",
        "output 0",
      ],
    ],
    [
      'errors: "cancel" tells the members, and what is in them',
      () => chain(a.s(), group([b.s(), chain(c.s(), d.s())], { errors: "cancel" }), body.s()),
      [
        "0 a() pending 0 list 1 inputs [] takers 2",
        "1 b() takes [[0,0]] pending 1 list 0 inputs [0] takers null",
        "2 c() takes [[0,0]] pending 1 list 2 inputs [0] takers 1",
        "3 d() takes [[0,2]] pending 1 list 0 inputs [2] takers null",
        '4 body() takes [[0,["list","0",1,3]]] pending 2 list null inputs null takers null',
        "list 0: -o-> 4 cancels [1, 4)",
        "list 1: -o-> 1 -o-> 2",
        "list 2: -o-> 3",
        "output 4",
      ],
    ],
    [
      "a group in a group gives a list in the list",
      () => chord([group([a.s(), b.s()]), c.s()], body.s()),
      [
        "0 a() pending 0 list 1 inputs [] takers null",
        "1 b() pending 0 list 1 inputs [] takers null",
        "2 c() pending 0 list 0 inputs [] takers null",
        '3 body() takes [[0,["list","0",["list","1",0,1],2]]] pending 3 list null inputs null takers null',
        "list 0: -o-> 3",
        "list 1: -o-> 3",
        "output 3",
      ],
    ],
    ["an empty group gives []", () => group([]), ['0 join ["list",null] pending 0 list null inputs null takers null', "output 0"]], // prettier-ignore
    [
      "an empty chord calls its body with []",
      () => chord([], body.s(1)),
      ["0 body([],1) pending 0 list null inputs [] takers null", "output 0"],
    ],
    [
      "an empty group in a chain waits for what comes before it",
      () => chain(a.s(), group([]) as never, body.s()),
      [
        "0 a() pending 0 list 0 inputs [] takers 0",
        '1 join ["list",null] pending 1 list 1 inputs null takers null',
        "2 body([]) pending 1 list null inputs [] takers null",
        "list 0: -o-> 1",
        "list 1: -o-> 2",
        "output 2",
      ],
    ],
    ["a chain of one is its part", () => chain(a.s(1)), ["0 a(1) pending 0 list null inputs [] takers null", "output 0"]], // prettier-ignore
    [
      "a chord of one gives a list of one",
      () => chord([a.s()], body.s()),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        '1 body() takes [[0,["list","0",0]]] pending 1 list null inputs null takers null',
        "list 0: -o-> 1",
        "output 1",
      ],
    ],
    [
      "stream: a list that is read in pages",
      () => chord([a.s(), b.s()], stream(c as never)),
      [
        "0 a() pending 0 list 0 inputs [] takers null",
        "1 b() pending 0 list 0 inputs [] takers null",
        '2 c() takes [[0,["stream",["list","0",0,1]]]] pending 2 list null inputs null takers null',
        "list 0: -o-> 2",
        "output 2",
      ],
    ],
    [
      "map is one part that takes nothing; chunks are a group of starmaps",
      () => chain(a.map([1, 2]), b.chunks([[1], [2], [3]], 2)),
      [
        '0 sunbeat.map("a",[1,2]) pending 0 list 1 inputs [] takers 0',
        '1 sunbeat.starmap("b",[[1],[2]]) pending 1 list 0 inputs [] takers null',
        '2 sunbeat.starmap("b",[[3]]) pending 1 list 0 inputs [] takers null',
        '3 join ["list","0",1,2] pending 2 list null inputs null takers null',
        "list 0: -o-> 3",
        "list 1: -o-> 1 -o-> 2",
        "output 3",
      ],
    ],
    [
      "a workflow has the edges that its Refs and `after` say",
      () =>
        workflow("statement", (flow) => {
          const owner = flow.call(a, ["u1"]);
          const list = flow.call(b, [owner, 10]);
          const page = flow.call(c, ["x", list, owner]);
          flow.call(d, [], { after: [page] });
          return page;
        }),
      [
        '0 a("u1") pending 0 list 0 inputs [] takers 2',
        "1 b(10) takes [[0,0]] pending 1 list 1 inputs [0] takers 1",
        '2 c("x") takes [[1,1],[2,0]] pending 2 list 2 inputs [1,0] takers null',
        "3 d() pending 1 list null inputs [] takers 0",
        "list 0: -o-> 1 -o-> 2",
        "list 1: -o-> 2",
        "list 2: -o-> 3",
        "output 2",
      ],
    ],
    [
      "all and settled make Refs of Refs",
      () =>
        workflow("refs", (flow) => {
          const [one, two] = [flow.call(a, []), flow.call(group([b.s(), c.s()]) as never)];
          return flow.call(d, [flow.all([one, two]), flow.settled(one)]);
        }),
      [
        "0 a() pending 0 list 1 inputs [] takers null",
        "1 b() pending 0 list 0 inputs [] takers null",
        "2 c() pending 0 list 0 inputs [] takers null",
        '3 join ["list","0",1,2] pending 2 list 2 inputs null takers null',
        '4 d() takes [[0,["list",null,0,3]],[1,["settled",0]]] pending 2 list null inputs null takers null',
        "list 0: -o-> 3",
        "list 1: -o-> 4",
        "list 2: -o-> 4",
        "output 4",
      ],
    ],
  ])("%s", (_, make, expected) => {
    expect(lines(compiled(make()))).toEqual(expected);
  });
});
