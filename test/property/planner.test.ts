/** Laws of the planner, against a naive enumeration that looks at every due time on its own. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import type { Decision } from "../../src/beat/misfire.js";
import { cursorAfter, cursorFollowing } from "../../src/beat/occurrences.js";
import { type PlannedEntry, planDue } from "../../src/beat/planner.js";
import { crontab, every, type Schedule } from "../../src/schedules/index.js";
import type { Cursor } from "../../src/store/contracts/entries.js";

const START = Date.UTC(2027, 2, 27);

/** Irregular on purpose: gaps of 1 to 5 units. */
const irregular = (unitMs: number): Schedule => ({
  next(after) {
    let unit = Math.floor(after / unitMs) + 1;
    while (unit % 5 !== 0 && unit % 7 !== 3) unit++;
    return unit * unitMs;
  },
});

const schedules = fc.oneof(
  fc.integer({ min: 100, max: 90_000 }).map((ms) => every({ milliseconds: ms })),
  fc
    .constantFrom("* * * * *", "*/7 * * * *", "30 2 * * *", "0,1,2 */3 * * *", "*/20 * * * * *")
    .map((text) => crontab(text, { timezone: "Europe/Paris" })),
  fc.constantFrom(1_000, 60_000).map(irregular),
);

const misfires = fc.oneof(
  fc.constant("skip" as const),
  fc.record({ policy: fc.constant("latest" as const), within: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({
    policy: fc.constant("all" as const),
    within: fc.integer({ min: 0, max: 100_000 }),
    max: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ policy: fc.constant("all" as const) }),
);

const entries = fc
  .record({
    name: fc
      .string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" })
      .filter((name) => name.trim() !== ""),
    schedule: schedules,
    misfire: misfires,
    jitter: fc.constantFrom(0, 0.5, 30, 600),
    endAt: fc.option(fc.integer({ min: START + 1, max: START + 200_000_000 }), { nil: undefined }),
    maxRuns: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  })
  .map(({ name, ...given }): PlannedEntry => {
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    return resolveEntry(name, { task: "t", ...options } as unknown as EntryOptions, { timezone: "UTC" });
  });

/** How long nobody looked, in occurrences and milliseconds: often nothing, sometimes hundreds of them. */
const gaps = fc.record({
  occurrences: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 200 })),
  ms: fc.integer({ min: 0, max: 3_000 }),
});
type Gap = { readonly occurrences: number; readonly ms: number };

function after({ occurrences, ms }: Gap, entry: PlannedEntry, cursor: Cursor): number {
  let at = cursor;
  for (let step = 0; step < occurrences; step++) at = cursorFollowing(entry, at.due) ?? at;
  return at.dispatchAt + ms;
}

/** Every occurrence that is due at `now`, one by one. */
function dueNow(entry: PlannedEntry, from: Cursor, now: number): Cursor[] {
  const due: Cursor[] = [];
  for (
    let at: Cursor | null = from;
    at !== null && at.dispatchAt <= now;
    at = cursorFollowing(entry, at.due)
  ) {
    due.push(at);
  }
  return due;
}

/** The policy as the rule says it, looking at each occurrence and at all the others. */
function naiveFate(entry: PlannedEntry, due: readonly Cursor[], at: Cursor, now: number): string {
  const { policy, withinMs, max } = entry.misfire;
  const isLate = (one: Cursor) => now - one.dispatchAt > 1_000;
  const isInside = (one: Cursor) => isLate(one) && (withinMs === null || now - one.dispatchAt <= withinMs);
  if (!isLate(at)) return "sent";
  if (policy === "skip") return "late";
  if (!isInside(at)) return "too-late";
  const candidates = due.filter(isInside);
  if (policy === "latest") return at === candidates.at(-1) ? "sent" : "coalesced";
  return candidates.indexOf(at) < max ? "sent" : "cap";
}

/** One line per occurrence; ranges are expanded by walking the schedule. */
function spread(entry: PlannedEntry, decisions: readonly Decision[]): string[] {
  return decisions.flatMap((decision) => {
    if (decision.kind === "send") return [`${decision.due} sent`];
    if (decision.kind === "skip") return [`${decision.due} ${decision.reason}`];
    const inside: number[] = [];
    for (
      let at: Cursor | null = cursorAfter(entry, decision.from - 1);
      at !== null && at.due <= decision.to;
      at = cursorFollowing(entry, at.due)
    ) {
      inside.push(at.due);
    }
    expect(inside[0]).toBe(decision.from);
    expect(inside.at(-1)).toBe(decision.to);
    expect(inside.length).toBe(decision.count);
    expect(decision.count).toBeGreaterThan(1);
    return inside.map((due) => `${due} ${decision.reason}`);
  });
}

test("each due occurrence is decided exactly once, in order, as the policy says", () => {
  fc.assert(
    fc.property(entries, gaps, (entry, gap) => {
      const cursor = cursorAfter(entry, START);
      if (cursor === null) return;
      const now = after(gap, entry, cursor);
      const unlimited = { ...entry, maxRuns: null };
      const plan = planDue(unlimited, { cursor, runs: 0 }, now);
      const due = dueNow(entry, cursor, now);
      const expected = due.map((at) => `${at.due} ${naiveFate(entry, due, at, now)}`);
      expect(spread(entry, plan.decisions)).toEqual(expected);
      const next = cursorFollowing(entry, due.at(-1)!.due);
      expect([plan.next, plan.disable]).toEqual([next, next === null ? "ended" : null]);
    }),
    { numRuns: 300 },
  );
});

test("chained plans never overlap and leave nothing out, and no plan sends more than maxRuns allows", () => {
  fc.assert(
    fc.property(entries, fc.array(gaps, { minLength: 1, maxLength: 8 }), (entry, steps) => {
      const first = cursorAfter(entry, START);
      let cursor = first;
      let now = START;
      let runs = 0;
      const decided: string[] = [];
      for (const step of steps) {
        if (cursor !== null) now = Math.max(now, after(step, entry, cursor));
        // A plan that was cut short leaves a due cursor: the beat plans again at once.
        while (cursor !== null && cursor.dispatchAt <= now && runs !== entry.maxRuns) {
          const plan = planDue(entry, { cursor, runs }, now);
          runs += plan.decisions.filter(({ kind }) => kind === "send").length;
          decided.push(...spread(entry, plan.decisions).map((line) => line.split(" ")[0]!));
          cursor = plan.next;
        }
      }
      expect(runs).toBeLessThanOrEqual(entry.maxRuns ?? Infinity);
      const due = first === null ? [] : dueNow(entry, first, now).map(({ due }) => String(due));
      // With its runs used up the entry has ended: what comes after is not due any more.
      expect(decided).toEqual(runs === entry.maxRuns ? due.slice(0, decided.length) : due);
    }),
    { numRuns: 300 },
  );
});

test("jitter delays each run by less than the gap to the next, so it never reorders them", () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 1e9 }), (entry, offset) => {
      let at = cursorAfter(entry, START + offset);
      for (let step = 0; at !== null && step < 50; step++) {
        const following = cursorFollowing(entry, at.due);
        expect(at.dispatchAt).toBeGreaterThanOrEqual(at.due);
        expect(at.dispatchAt - at.due).toBeLessThan(Math.max(1, entry.jitterMs));
        if (following !== null) {
          expect(at.dispatchAt).toBeLessThan(following.due);
          expect(cursorFollowing(entry, at.due)).toEqual(cursorAfter(entry, at.due));
        }
        at = following;
      }
    }),
  );
});
