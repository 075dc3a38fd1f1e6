/**
 * Both stores of this process share the rules, and so their mistakes. What judges the rules from outside is the conformance
 * suite: each of their checks is taken out in turn, and some case must fail.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Judges } from "./judges.js";
import { MUTANTS } from "./mutants.js";
import { MONITORING_MUTANTS } from "./mutants-monitoring.js";

const RULES = resolve(import.meta.dirname, "../../../src/store/rules");
const judges = new Judges();

afterAll(() => judges.close());

test("the store of the rules as they are passes", async () => {
  expect(await judges.firstFailure(null)).toBe(null);
});

/** Files that say what there is, or give the parts of one answer: no check to take out. */
const WITHOUT = [
  "capacity.ts",
  "graph-records.ts",
  "header-marks.ts",
  "history-records.ts",
  "id-filter.ts",
  "queue-records.ts",
  "rate-records.ts",
  "records.ts",
  "states.ts",
  "todo.ts",
  "unique-records.ts",
];

test("each file of rules has a mutant, but for those that only say what there is", () => {
  const wanted = readdirSync(RULES).filter((file) => !WITHOUT.includes(file));
  const others = MONITORING_MUTANTS.map(({ file }) => file.replace(/^rules\//, ""));
  const judged = new Set([...Object.keys(MUTANTS), ...others.filter((file) => !file.includes("/"))]);
  expect([...judged].sort()).toEqual(wanted.sort());
});

describe.concurrent.each(Object.entries(MUTANTS))("without a check of %s", (file, mutants) => {
  test.each(mutants)("%s, and a case fails", async (_, find, put) => {
    expect(readFileSync(join(RULES, file), "utf8").split(find), `${find} in ${file}`).toHaveLength(2);
    expect(await judges.firstFailure({ file: join("store/rules", file), find, put })).not.toBe(null);
  });
});
