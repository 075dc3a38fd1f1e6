/**
 * The process of mutants.test.ts that judges the memory store with one rule changed: the conformance suite runs until a case fails.
 * It names each case before it runs it, so that whoever listens sees a mutant that never comes back, and kills it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { openMemoryStore } from "../../../src/store/memory/index.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { type ConformanceCase, storeConformance } from "../../conformance/suite.js";
import { type Change, MutantCopies } from "../../support/mutant-copies.js";

/** A case that begins; or the end, with the case that failed, or null for none. */
export type Told = { readonly begins: string } | { readonly failed: string | null };

/** Of a file below src; null: nothing is changed. `nearest`: beginning of the groups of cases that are asked; absent: all are. */
export type RuleChange = (Change & { readonly nearest?: string }) | null;

type Open = typeof openMemoryStore;

/** The folder of all judges, which mutants.test.ts removes. */
const [folder = ""] = process.argv.slice(2);
const copies = new MutantCopies(mkdtempSync(join(folder, "judge-")), [
  ...["core", "tasks", "store/contracts", "store/rules", "store/memory"],
]);

/** The memory store with one file of rules changed. */
async function memoryWith(change: RuleChange): Promise<Open> {
  const copy = copies.make(change);
  const { openMemoryStore } = await copy.load<{ openMemoryStore: Open }>("store/memory/index.js");
  rmSync(copy.root, { recursive: true });
  return openMemoryStore;
}

const cases = storeConformance.filter(({ needs }) => !needs);
/** The random walks and what is large are the slowest cases, and tell least of what is wrong. */
const isSlow = ({ group, name }: ConformanceCase): boolean =>
  /walks|large/.test(group) || /a year|thousand|at once is there/.test(name);

/** The groups of cases that ask first for a file of rules. */
const NEAREST: readonly (readonly [files: RegExp, groups: RegExp])[] = [
  [/^(graph|parts)/, /^graphs/],
  [/^(rate|limits|bucket)/, /^rates/],
  [/^(unique|send)/, /^unique/],
];

/** Those first that are most likely to fail. */
function inOrder(change: RuleChange): ConformanceCase[] {
  const file = basename(change?.file ?? "");
  const groups = NEAREST.find(([files]) => files.test(file))?.[1] ?? /^(?!graphs)/;
  const rank = (each: ConformanceCase): number => (isSlow(each) ? 2 : groups.test(each.group) ? 0 : 1);
  const { nearest = "" } = change ?? {};
  return cases.filter(({ group }) => group.startsWith(nearest)).toSorted((a, b) => rank(a) - rank(b));
}

/** Cases take some milliseconds. One that waits for ever has failed. */
const CASE_LIMIT_MS = 10_000;

function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("late")), CASE_LIMIT_MS).unref();
  });
}

/** The first case that fails; null: all pass. */
async function firstFailure(change: RuleChange, tell: (told: Told) => void): Promise<string | null> {
  const open = await memoryWith(change);
  for (const { group, name, run } of inOrder(change)) {
    tell({ begins: `${group}: ${name}` });
    const clock = new ManualClock();
    const store = open({ clock, random: systemRandom, logger: silentLogger });
    const dispose = () => store.close();
    try {
      const harness = { clock, store, peer: async () => store, reopen: () => undefined, dispose };
      await Promise.race([run(harness), late()]);
    } catch {
      return `${group}: ${name}`;
    }
    await dispose();
  }
  return null;
}

process.on("message", ({ change }: { readonly change: RuleChange }) => {
  const tell = (told: Told): void => void process.send?.(told);
  void firstFailure(change, tell).then((failed) => tell({ failed }));
});
