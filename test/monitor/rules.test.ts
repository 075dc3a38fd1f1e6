/** What is wrong, from the facts of one look. */
import { describe, expect, test } from "vitest";
import type { AlertKind } from "../../src/monitor/kinds.js";
import type { Look } from "../../src/monitor/look.js";
import type { AlertsOptions } from "../../src/monitor/options.js";
import { judge } from "../../src/monitor/rules.js";
import { RULE_CASES } from "./rule-cases.js";
import { config, look, overdue, runs } from "./samples.js";

const found = (facts: Partial<Look>, options: AlertsOptions = {}): string[] =>
  judge(look(facts), config(options)).findings.map(({ kind, subject }) => `${kind} ${subject}`.trim());

describe("judge", () => {
  test.each(RULE_CASES)("%s", (_, facts, expected, options) => {
    expect(found(facts, options)).toEqual(expected);
  });

  test("says nothing of an entry beyond a list that was cut", () => {
    const cut = judge(look({ overdue: [overdue(90_000)], overdueIsCut: true }), config());
    expect(cut.judges("schedule-missed", "report")).toBe(true);
    expect(cut.judges("schedule-missed", "another")).toBe(false);
    expect(judge(look(), config()).judges("schedule-missed", "another")).toBe(true);
  });

  test("says nothing of runs that it has not looked at, and of what nodes tell of themselves", () => {
    const judgement = judge(look({ runs: runs("S") }), config());
    expect(judgement.judges("run-failed", "report")).toBe(true);
    expect(judgement.judges("run-failed", "another")).toBe(false);
    for (const kind of ["entry-quarantined", "clock-jump"] satisfies AlertKind[]) {
      expect(judgement.judges(kind, "report")).toBe(false);
    }
  });

  test("tells the instant in the zone of the schedule", () => {
    const late = overdue(840_000, { timezone: "Europe/Paris" });
    const [finding] = judge(look({ overdue: [late] }), config()).findings;
    expect(finding?.text).toBe("due 12:46 Europe/Paris, 14m ago, nobody sent it (grace 1m)");
  });

  test("tells no password of an address in an error", () => {
    const [run] = runs("F").get("report")!.ended!;
    const ended = [{ ...run!, error: "Error: refused by https://ann:hunter2@example.org" }];
    const { findings } = judge(look({ runs: runs("F", { ended }) }), config());
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain("hunter2");
  });
});
