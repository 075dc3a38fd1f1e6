/** Rules of alerts, and when they are raised, repeated and cleared: without any one of their checks some case fails. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Change, MutantCopies } from "../support/mutant-copies.js";
import { MUTANTS } from "./mutants.js";
import { RULE_CASES } from "./rule-cases.js";
import { config, look } from "./samples.js";
import { type AlertCode, STANDING_CASES } from "./standing-cases.js";

const folder = mkdtempSync(join(tmpdir(), "sunbeat-alert-mutants-"));
afterAll(() => rmSync(folder, { recursive: true }));

const copies = new MutantCopies(folder, ["core", "schedules/", "beat", "monitor"]);

/** `change` null: the code as it is. */
async function codeWith(change: Change | null): Promise<AlertCode> {
  const copy = copies.make(change);
  const { judge } = await copy.load<Pick<AlertCode, "judge">>("monitor/rules.js");
  const { nextStanding } = await copy.load<Pick<AlertCode, "nextStanding">>("monitor/standing.js");
  const { Steadiness } = await copy.load<Pick<AlertCode, "Steadiness">>("monitor/steadiness.js");
  return { judge, nextStanding, Steadiness };
}

/** The first case that fails; null: all pass. */
function firstFailure(code: AlertCode): string | null {
  for (const [reason, facts, expected, options] of RULE_CASES) {
    const { findings } = code.judge(look(facts), config(options));
    const found = findings.map(({ kind, subject }) => `${kind} ${subject}`.trim());
    if (found.join() !== expected.join()) return reason;
  }
  for (const [name, run] of Object.entries(STANDING_CASES)) {
    try {
      run(code);
    } catch {
      return name;
    }
  }
  return null;
}

test("the code as it is passes", async () => {
  expect(firstFailure(await codeWith(null))).toBe(null);
});

describe.each(Object.entries(MUTANTS))("without a check of %s", (file, mutants) => {
  test.each(mutants)("%s, and a case fails", async (_, find, put) => {
    expect(firstFailure(await codeWith({ file: join("monitor", file), find, put }))).not.toBe(null);
  });
});
