/** History and timelines of an entry that has another name than before. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { every, Sunbeat } from "../../src/index.js";
import type { TickItem } from "../../src/store/contracts/entries.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";

const START = Date.parse("2027-01-01T00:00:00Z");
const HOUR = 3_600_000;
const HOURLY = JSON.stringify({ type: "interval", everyMs: HOUR });

describe.each(EVERY_STORE)("on %s", (_, open) => {
  let clock: ManualClock;
  let opened: OpenStore;
  let app: Sunbeat;
  beforeEach(async () => {
    clock = new ManualClock(START);
    opened = await open(clock);
    const entry = { task: "t", schedule: every("1h") };
    const lineups: Record<string, EntryOptions>[] = [
      { oldest: entry },
      { old: { ...entry, renamedFrom: "oldest" } },
      { now: { ...entry, renamedFrom: "old" } },
    ];
    for (const [index, beatSchedule] of lineups.entries()) {
      app = made(beatSchedule);
      await app.schedules.apply();
      const { entries, leases } = opened.store;
      const name = Object.keys(beatSchedule)[0]!;
      const from = START + index * 3 * HOUR;
      // A row, and a range that reaches to the border.
      const stored = (await entries.get([name]))[0]!;
      const [first, last] = [from + HOUR, from + 3 * HOUR];
      clock.jump(last - clock.now());
      const elected = await leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 60_000);
      const term = String((elected as { readonly term: unknown }).term);
      const next = { due: last + HOUR, dispatchAt: last + HOUR };
      const plan: TickItem["plan"] = [
        { kind: "skip", due: first, reason: "overlap" },
        { kind: "range", from: first + HOUR, to: last, count: 2, reason: "downtime", schedule: HOURLY },
      ];
      const { revision, cursor } = stored;
      const item = { entry: name, revision, expect: cursor!.due, plan, next, disable: null, maxRuns: null };
      const { items } = (await entries.tick(term, [item])) as {
        readonly items: readonly { outcome: string }[];
      };
      expect(items.map(({ outcome }) => outcome)).toEqual(["ticked"]);
    }
  });
  afterEach(() => opened.dispose());

  function made(beatSchedule: Record<string, EntryOptions>): Sunbeat {
    const one = new Sunbeat("shop", { broker: "memory:", logger: null, beatSchedule });
    coreOf(one).use({ clock, store: () => opened.store });
    return one;
  }

  const NAMES = ["oldest", "oldest", "oldest", "old", "old", "old", "now", "now", "now"];
  const all = NAMES.map((name, index) => `${name} ${index + 1}`);
  const shown = (rows: readonly { readonly entry: string; readonly due: Date }[]): string[] =>
    rows.map(({ entry, due }) => `${entry} ${(due.getTime() - START) / HOUR}`);

  test.each([1, 2, 3, 4, 7])(
    "history reads on under the old names, by pages of %i, forwards and backwards",
    async (limit) => {
      const forwards: string[] = [];
      for (let after = START; ;) {
        const page = await app.schedules.history("now", { after, limit });
        forwards.push(...shown(page));
        if (page.length < limit) break;
        after = page.at(-1)!.due.getTime();
      }
      expect(forwards).toEqual(all);
      const backwards: string[] = [];
      for (let before = START + 100 * HOUR; ;) {
        const page = await app.schedules.history("now", { before, limit });
        backwards.unshift(...shown(page));
        if (page.length < limit) break;
        before = page[0]!.due.getTime();
      }
      expect(backwards).toEqual(all);
    },
  );

  test("so does the timeline, over the border and where it is wide", async () => {
    const range = { from: START, to: START + 9 * HOUR };
    const hours = ({ items }: { readonly items: readonly { readonly due: Date }[] }): number[] =>
      items.map(({ due }) => (due.getTime() - START) / HOUR);
    expect(hours(await app.schedules.timeline("now", range))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(
      hours(await app.schedules.timeline("now", { from: START + 3 * HOUR, to: START + 4 * HOUR })),
    ).toEqual([3, 4]);
    const { cells } = await app.schedules.timeline("now", { ...range, limit: 5 });
    const sum = (cells ?? []).reduce((total, { counts }) => total + (counts.skipped ?? 0), 0);
    expect(sum).toBe(9);
    const { now } = await app.schedules.timelines(["now"], { count: 5 });
    expect(hours({ items: now! })).toEqual([5, 6, 7, 8, 9]);
    expect(hours(await app.schedules.timeline("old", range))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
