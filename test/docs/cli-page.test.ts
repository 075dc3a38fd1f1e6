/** docs/cli.md against the program, both ways: its commands and their options, and the form of each answer with `--json`. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../../src/cli/program.js";
import { CONTROL_VERBS, INSPECT_VERBS } from "../../src/control/index.js";
import { differences, formsIn } from "./cli-forms.js";
import { ACTS, begun } from "./cli-acts.js";
import type { SmallSystem } from "./cli-system.js";

const page = readFileSync(path.join(import.meta.dirname, "../../docs/cli.md"), "utf8");
const forms = formsIn(page);

/** Servers: they have no answer. */
const ANSWERLESS = ["worker", "beat"];

interface Leaf {
  readonly name: string;
  readonly flags: readonly string[];
}

function leaves(command: Command, before: readonly string[] = []): Leaf[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help")
    .flatMap((child) => {
      const names = [...before, child.name()];
      const flags = child.options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long]));
      const { _actionHandler: handler } = child as unknown as { readonly _actionHandler: unknown };
      const own = handler === null ? [] : [{ name: names.join(" "), flags }];
      return [...own, ...leaves(child, names)];
    });
}

const program = leaves(buildProgram(() => () => Promise.resolve(), {}));
const verbs = [
  ...Object.keys(INSPECT_VERBS).map((verb) => `inspect ${verb}`),
  ...Object.keys(CONTROL_VERBS).map((verb) => `control ${verb}`),
];

/** The row of a command in the tables: what it is called there, and the whole row. */
const rows = [...page.matchAll(/^\| (`[^|]*`) \| (.*) \|$/gm)].map(([row, cell = ""]) => ({
  names: [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace(/ [[A-Z].*$/, "")),
  row,
}));

describe("the tables", () => {
  test.each(program)("have a row of $name, with its options", ({ name, flags }) => {
    const found = rows.find(({ names }) => names.includes(name));
    expect(found, name).toBeDefined();
    const missing = ANSWERLESS.includes(name) ? [] : flags.filter((flag) => !found!.row.includes(`${flag}`));
    expect(missing).toEqual([]);
  });

  test("name no command and no option that is not there", () => {
    const known = new Set([...program.map(({ name }) => name), "alerts"]);
    const commands = rows.filter(({ names }) => !names[0]!.startsWith("-"));
    expect(commands.flatMap(({ names }) => names).filter((name) => !known.has(name))).toEqual([]);
    const wrong = commands.flatMap(({ names, row }) => {
      const flags = program.filter(({ name }) => names.includes(name)).flatMap((leaf) => leaf.flags);
      return [...row.matchAll(/`(--[a-z-]+)/g)].filter(([, flag = ""]) => !flags.includes(flag));
    });
    expect(wrong.map(([, flag]) => flag)).toEqual([]);
  });
});

test("each command has a form, and each verb", () => {
  const shown = forms.flatMap(({ commands }) => commands);
  const isShown = (name: string): boolean =>
    shown.some((command) => command === name || command.startsWith(`${name} `));
  const names = program.map(({ name }) => name).filter((name) => !ANSWERLESS.includes(name));
  expect([...names, ...verbs].filter((name) => !isShown(name))).toEqual([]);
});

describe("the answers", () => {
  let system: SmallSystem;

  beforeAll(async () => {
    system = await begun();
  });
  afterAll(() => system.dispose());

  test.each(forms)("of $commands.0", async (form) => {
    const values: unknown[] = [];
    for (const command of form.commands) {
      const named = Object.keys(ACTS).filter((one) => `${command} `.startsWith(`${one} `));
      const name = named.sort((a, b) => b.length - a.length)[0];
      const answered =
        name === undefined ? [await system.values(...wordsOf(command))] : await ACTS[name]!(system);
      for (const answer of answered) {
        if (!form.hasRows) expect(answer).toHaveLength(1);
        values.push(...answer);
      }
    }
    expect(differences(form, values)).toEqual([]);
  });
});

/** A command line as a shell reads it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) =>
    [single, double, bare].find((text) => text !== undefined)!,
  );
}
