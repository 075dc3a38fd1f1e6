/** Edits of one entry that are not awaited one by one, by one process and by several. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EntryView } from "../../src/beat/entry-view.js";
import { Schedules } from "../../src/beat/schedules.js";
import { every } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";
import { countingRandom, createMessage, DEFAULTS } from "./harness.js";

function schedulesOf(store: Store): Schedules {
  return new Schedules({ store, random: countingRandom(), createMessage, entries: [], defaults: DEFAULTS });
}

const options = (n: number) => ({ task: "t", args: [n], schedule: every("1h") });
const argsOf = (view: EntryView | null): unknown =>
  view && (JSON.parse(view.definition) as { args: unknown }).args;
const fifty = Array.from({ length: 50 }, (_, n) => n);

/** Of each promise "done" or the code of its error. */
async function fates(work: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((each) =>
    each.status === "fulfilled" ? "done" : String((each.reason as { code?: string }).code ?? each.reason),
  );
}

type Act = "set" | "pause" | "resume" | "delete";

describe.each(EVERY_STORE)("%s", (_name, open) => {
  let opened: OpenStore;
  let schedules: Schedules;
  beforeEach(async () => {
    opened = await open(new ManualClock());
    schedules = schedulesOf(opened.store);
  });
  afterEach(() => opened.dispose());

  const act = (what: Act): Promise<unknown> =>
    what === "set" ? schedules.set("e", options(0)) : schedules[what]("e");

  test("of fifty edits at once of a new entry none is refused, and the last one wins", async () => {
    const views = await Promise.all(fifty.map((n) => schedules.set("e", options(n))));
    expect(views.map(argsOf)).toEqual(fifty.map((n) => [n]));
    expect(argsOf(await schedules.get("e"))).toEqual([49]);
  });

  test("of fifty processes that edit one entry at once none is refused, and one of them was the last", async () => {
    const others = await Promise.all(fifty.map(async () => schedulesOf(await opened.peer())));
    expect(await fates(others.map((each, n) => each.set("e", options(n))))).toEqual(fifty.map(() => "done"));
    expect(fifty.map((n) => [n])).toContainEqual(argsOf(await schedules.get("e")));
  });

  test.each<[Act[], string[], "gone" | "paused" | "running", string]>([
    // asked for at once                   become                                        then     because
    [
      ["set", "pause", "resume", "pause"],
      ["done", "done", "done", "done"],
      "paused",
      "the last one that says so is a pause",
    ],
    [["set", "delete"], ["done", "done"], "gone", "the entry was there when its turn to go came"],
    [
      ["set", "delete", "pause", "delete"],
      ["done", "done", "SUNBEAT_ENTRY_NOT_FOUND", "SUNBEAT_ENTRY_NOT_FOUND"],
      "gone",
      "what is gone can be neither paused nor deleted",
    ],
    [["set", "pause", "set"], ["done", "done", "done"], "paused", "an edit leaves a paused entry paused"],
    [
      ["set", "pause", "delete", "set"],
      ["done", "done", "done", "done"],
      "running",
      "an entry that comes back is a new one",
    ],
    [
      ["pause", "set", "resume"],
      ["SUNBEAT_ENTRY_NOT_FOUND", "done", "done"],
      "running",
      "a failed edit holds up nobody",
    ],
  ])("%j at once is as one after the other: %j, then %s: %s", async (acts, become, then) => {
    expect(await fates(acts.map(act))).toEqual(become);
    const view = await schedules.get("e");
    expect(view === null ? "gone" : view.pausedAt === null ? "running" : "paused").toBe(then);
  });

  test("whatever many processes do to one entry at once, each is told done or not found", async () => {
    const acts: Act[] = ["set", "pause", "resume", "delete", "set"];
    const others = await Promise.all(
      fifty.map(async (n) => ({ what: acts[n % acts.length]!, each: schedulesOf(await opened.peer()) })),
    );
    const told = await fates(
      others.map(({ what, each }) => (what === "set" ? each.set("e", options(1)) : each[what]("e"))),
    );
    expect(told.filter((fate) => fate !== "done" && fate !== "SUNBEAT_ENTRY_NOT_FOUND")).toEqual([]);
    expect(told.filter((_fate, n) => others[n]!.what === "set")).toEqual(Array(20).fill("done"));
  });
});

test("an edit that another process undoes at once does not bring the entry back", async () => {
  const opened = await EVERY_STORE[0]![1](new ManualClock());
  const { entries, ...rest } = opened.store;
  let deleted = false;
  const hasty: Store = {
    ...rest,
    entries: {
      ...entries,
      async put(items) {
        const outcomes = await entries.put(items);
        const [stored] = await entries.get([items[0]!.name]);
        if (!deleted) await entries.remove(items[0]!.name, stored!.etag);
        deleted = true;
        return outcomes;
      },
    },
  };
  const view = await schedulesOf(hasty).set("e", options(7));
  expect([argsOf(view), view.disabled, view.runs, await schedulesOf(opened.store).get("e")]).toEqual([
    ...[[7], null, 0, null],
  ]);
  await opened.dispose();
});
