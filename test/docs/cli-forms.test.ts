/** The comparison of answers with docs/cli.md sees each difference, in both directions. */
import { expect, test } from "vitest";
import { differences, formsIn, type Form } from "./cli-forms.js";

const PAGE = `
\`\`\`console
$ sunbeat queues
QUEUE  READY
\`\`\`

\`\`\`console
$ sunbeat queues --json
$ sunbeat queues list --json
[{"queue": "a", "paused": {"by": "ann"}, "at": null, "counts": {"<task>": 1},
  "args": [1], "rows": [1]}]
\`\`\`

Told. May be null: \`[].paused\`. May be missing: \`[].rows\`. Any value: \`[].args\`.

\`\`\`console
$ sunbeat tasks --json
{"id": "1", "due": "now"}
{"id": "2"}
...
\`\`\`
`;
const [queues, tasks] = formsIn(PAGE) as [Form, Form];
const row = {
  queue: "b",
  paused: { by: "bob" },
  at: null,
  counts: { "mail.send": 3 },
  args: "any",
  rows: [2],
};

test("forms are the blocks that begin with a command with --json", () => {
  expect([queues.commands, queues.hasRows]).toEqual([["queues", "queues list"], false]);
  expect([tasks.commands, tasks.hasRows]).toEqual([["tasks"], true]);
});

test.each<[string, Form, unknown[], string[]]>([
  ["the same", queues, [[row]], []],
  ["a null that is remarked", queues, [[row, { ...row, paused: null }]], []],
  ["a field that may be missing", queues, [[row, { ...row, rows: undefined }].map(plain)], []],
  ["any value", queues, [[{ ...row, args: { deep: [null] } }]], []],
  ["any name of a map", queues, [[{ ...row, counts: { x: 1, y: 2 } }]], []],
  ["rows, some without what one example lacks", tasks, [{ id: "1", due: "x" }, { id: "3" }], []],
  ["a new field", queues, [[{ ...row, size: 1 }]], ["[].size: answered, and not on the page"]],
  [
    "a field that went",
    queues,
    [[{ ...row, queue: undefined }].map(plain)],
    ["[].queue: missing in an answer", "[].queue: on the page, and never answered"],
  ],
  [
    "a field that some answers lack",
    queues,
    [[row, plain({ ...row, queue: undefined })]],
    ["[].queue: missing in an answer"],
  ],
  ["another kind", queues, [[row, { ...row, queue: 1 }]], ["[].queue: answered as number, shown as string"]],
  [
    "a null that is not remarked",
    queues,
    [[row, { ...row, queue: null }]],
    ["[].queue: answered as null, shown as string"],
  ],
  [
    "a value where null is shown",
    queues,
    [[{ ...row, at: 1 }]],
    ["[].at: answered as number, shown as null", "[].at: shown as null, and never answered so"],
  ],
  [
    "another kind in a map",
    queues,
    [[row, { ...row, counts: { x: "1" } }]],
    ["[].counts.<task>: answered as string, shown as number"],
  ],
  [
    "a list in which nothing ever was",
    queues,
    [[{ ...row, rows: [] }]],
    ["[].rows[]: on the page, and never answered"],
  ],
  [
    "another field deep inside",
    queues,
    [[{ ...row, paused: { by: "bob", why: "x" } }]],
    ["[].paused.why: answered, and not on the page"],
  ],
])("%s", (_because, form, values, expected) => {
  expect(differences(form, values)).toEqual(expected);
});

test("a remark about a field that is not there is wrong", () => {
  const [form] = formsIn(PAGE.replace("`[].rows`", "`[].rowz`")) as [Form];
  expect(differences(form, [[row]])).toEqual(["[].rowz: in a remark, and not in the form"]);
});

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
