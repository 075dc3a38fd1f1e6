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
  arriveInQueue: "send, and whatever releases a message",
  dropBlockedRun: "revoke.lua",
  putEntry: "entries-put.lua",
  removeEntry: "entries-remove.lua",
  drop: "one kind of blocker waits as a message there",
  newClaimant: "the client turns the queues",
  endWith: "drop_unrun, and claim.lua",
  deadLetterWith: "claim.lua",
  takeChanges: "part of the reply",
  leaveChanges: "part of the end of a script",
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
