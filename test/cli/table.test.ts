/** Tables on terminals of several widths, and where no terminal is. */
import { describe, expect, test } from "vitest";
import { type Cell, table, whole, wrap } from "../../src/cli/table.js";
import { Terminal } from "../../src/cli/terminal.js";

function lines(columns: number | undefined, rows: readonly (readonly Cell[])[]): string[] {
  const stdout = { write: () => true, isTTY: columns !== undefined, columns };
  const terminal = new Terminal({ stdout, stderr: stdout, color: false, json: false, quiet: false });
  return table(terminal, rows).flatMap((row) => row.split("\n"));
}

const ID = "ae72f152-5a11-40bd-8e3c-67c337557247";
const NAME = "reports.consolidated.quarterly.build_for_all_subsidiaries";
const WHY = "Error: the provider refused it, and says that the card has no funds left";
const rows: readonly (readonly Cell[])[] = [
  ["STATE", "TASK", "ID", "WHY"],
  ["failure", NAME, whole(ID), WHY],
  ["success", "mail.send", whole(ID), ""],
];

test("where no terminal is, nothing is cut, and the last column is as long as it is", () => {
  expect(lines(undefined, rows)).toEqual([
    `STATE    TASK${" ".repeat(NAME.length - 4)}  ID${" ".repeat(ID.length - 2)}  WHY`,
    `failure  ${NAME}  ${ID}  ${WHY}`,
    `success  mail.send${" ".repeat(NAME.length - 9)}  ${ID}`,
  ]);
});

describe("on a terminal", () => {
  test("long names lose their middle, sentences their end, ids nothing", () => {
    const [, failure = ""] = lines(120, rows);
    expect(failure).toHaveLength(120);
    expect(failure).toMatch(
      /^failure {2}reports\.cons\S*…\S*subsidiaries {2}ae72f152-\S{27} {2}Error: the \D*…$/,
    );
  });

  test("where that is not enough, a row goes on in a line below", () => {
    expect(lines(60, rows)).toEqual([
      "STATE    TASK",
      "    ID                                    WHY",
      "failure  reports.consolidated.quar…uild_for_all_subsidiaries",
      `    ${ID}  Error: the provid…`,
      "success  mail.send",
      `    ${ID}`,
    ]);
  });

  test.each([200, 120, 80, 60, 45])("no line is wider than %d columns", (columns) => {
    for (const line of lines(columns, rows)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test("a wide head is cut to what stands below it", () => {
    expect(
      lines(50, [
        ["ENDED (America/Argentina/Buenos_Aires)", "WHY"],
        [whole("2026-11-30 10:09:37"), WHY],
      ])[0],
    ).toBe("ENDED (America/Arg…  WHY");
  });

  test("a column of ids that is empty has room for its head", () => {
    expect(
      lines(40, [
        ["task", "why"],
        [whole(""), "overlap"],
      ]),
    ).toEqual(["task  why", "      overlap"]);
  });

  test("text that is to be read goes on below itself, in whole words", () => {
    expect(lines(40, [["failure", wrap(WHY)]])).toEqual([
      "failure  Error: the provider refused it,",
      "         and says that the card has no",
      "         funds left",
    ]);
  });
});
