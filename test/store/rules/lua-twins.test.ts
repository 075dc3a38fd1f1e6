/** The rules are written twice: in store/rules for stores whose steps run here, and in Lua for Redis. Both have the same names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { LOCK_HISTORY_ROWS } from "../../../src/store/contracts/lock-inspection.js";
import { OFFER_MS, SKIPPED_MS, TOLD_OF_OFFER } from "../../../src/store/contracts/locks.js";

const store = resolve(import.meta.dirname, "../../../src/store");
const rules = join(store, "rules");
const scripts = join(store, "redis/scripts");

/** Rules that Redis has under another name, and why. */
const OTHERWISE: Readonly<Record<string, readonly [lua: string, why: string]>> = {
  end: ["forget", "`end` is a keyword of Lua"],
  isKnown: ["known_ids", "many ids are one command"],
  release: ["follow_up", "the library has it beside the runs that it releases"],
  releaseBufferedRun: ["release_buffered_runs", "takes the entries from a list"],
  isBusy: ["has_room", "asked the other way round"],
  requestForProcess: ["enter", "one for processes and tasks"],
  requestForMessage: ["enter_task", "one for processes and tasks"],
  isOpen: ["is_open_part", "the library has one scope"],
  endPartOf: ["forget", "any end of a message"],
  dropPart: ["drop_waiting", "whatever a message waits for"],
  dropLine: ["drop_parts", "all kinds of lines are tables"],
  insertWithTurn: ["take_turn", "the rank is a word of what is written"],
  takesTurns: ["is_fair", "a lane makes its queue fair before"],
  takeTurnIfReady: ["renew_rank", "the rank has the age where it has no turn"],
  follow: ["follow_line", "all kinds of lines are tables"],
};

/** Rules that are no function of the library: part of another one, or of one script alone. */
const NOT_IN_LIBRARY: Readonly<Record<string, string>> = {
  isExpired: "one comparison with a text",
  endOfWaiting: "end_of is asked of those that wait alone",
  fixInstants: "instants are counted from now by the template",
  postpone: "settle.lua",
  redrive: "redrive-dead.lua",
  deleteDead: "delete-dead.lua",
  told: "results-get.lua",
  updateResult: "results-put.lua",
  putResult: "results-put.lua",
  dropBlockedRun: "revoke.lua",
  putEntry: "entries-put.lua",
  removeEntry: "entries-remove.lua",
  drop: "one kind of blocker waits as a message there",
  newClaimant: "the client turns the queues",
  openPortion: "graph-open.lua",
  endByRecord: "settle.lua",
  endWith: "drop_unrun, and claim.lua",
  deadLetterWith: "claim.lua",
  takeChanges: "part of the reply",
  boundsOf: "bounds are words of templates",
  pauseQueue: "queue-pause.lua",
  resumeQueue: "queue-resume.lua",
  sweepPauses: "sweep.lua",
};

const isRule = (statement: ts.Statement): statement is ts.FunctionDeclaration =>
  ts.isFunctionDeclaration(statement) &&
  (statement.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

function rulesOf(file: string): string[] {
  const text = readFileSync(join(rules, file), "utf8");
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  return tree.statements.filter(isRule).map(({ name }) => name?.text ?? "");
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const luaFunctions = new Set(
  readdirSync(join(scripts, "lib")).flatMap((file) => {
    const functions = readFileSync(join(scripts, "lib", file), "utf8").matchAll(/local function (\w+)/g);
    return Array.from(functions, ([, name]) => name);
  }),
);

const pairs = readdirSync(rules)
  .filter((file) => existsSync(join(scripts, "lib", file.replace(/\.ts$/, ".lua"))))
  .filter((file) => named(file).length > 0);

/** Those that the library is to have. */
function named(file: string): string[] {
  return rulesOf(file).filter((name) => !(name in NOT_IN_LIBRARY));
}

test("most rules have a file of the same name in Lua", () => {
  expect(pairs.length).toBeGreaterThanOrEqual(7);
});

describe.each([...pairs, "release.ts"])("the rules of %s", (file) => {
  test.each(named(file))("%s is a function of the Lua library", (name) => {
    expect(luaFunctions).toContain(OTHERWISE[name]?.[0] ?? snakeCase(name));
  });
});

test("each exception is one still", () => {
  const all = readdirSync(rules).flatMap(rulesOf);
  const exceptions = [...Object.keys(OTHERWISE), ...Object.keys(NOT_IN_LIBRARY)];
  expect(exceptions.filter((name) => !all.includes(name))).toEqual([]);
  expect(Object.keys(NOT_IN_LIBRARY).filter((name) => luaFunctions.has(snakeCase(name)))).toEqual([]);
});

test.each(Object.entries({ OFFER_MS, SKIPPED_MS, TOLD_OF_OFFER, LOCK_HISTORY_ROWS }))(
  "%s is %i in Lua, too",
  (name, value) => {
    const records = readFileSync(join(scripts, "lib/records.lua"), "utf8");
    expect(records).toMatch(new RegExp(`^local ${name} = ${value}$`, "m"));
  },
);
