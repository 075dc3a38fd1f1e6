import { expect, test } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { virtualTime } from "../../src/testing/virtual-time.js";
import { currentTask } from "../../src/tasks/context.js";

const START = "2027-01-01T00:00:00Z";

/** Entries "a" and "b", due every minute, whose runs take 90 s and need one lock. */
async function shop(overlap: "skip" | "allow") {
  const entry = { schedule: 60, overlap, lock: "ledger" } as const;
  const app = new Sunbeat("shop", {
    broker: "memory:",
    beatSchedule: { a: { task: "work", ...entry }, b: { task: "work", ...entry } },
  });
  const runs: string[] = [];
  let time: Awaited<ReturnType<typeof virtualTime>> | null = null;
  app.task("work", async () => {
    const { request, lock } = currentTask();
    const second = (): number => (time!.clock.now() - Date.parse(START)) / 1_000;
    runs.push(`${request.entry} from ${second()} with ${lock?.name}`);
    await new Promise<void>((resolve) => void time!.clock.after(90_000, resolve));
  });
  time = await virtualTime(app, { start: START, concurrency: 4 });
  /** The runs that are at work when it closes end by the same clock. */
  const end = async (): Promise<void> => {
    const closed = time.close();
    await time.advance(300);
    await closed;
  };
  return { app, runs, time, end };
}

test("a lock of two entries: a busy one is skipped as locked, and the ledger says so", async () => {
  const { app, runs, time, end } = await shop("skip");
  await time.advance(181);
  expect(runs).toEqual(["a from 60 with ledger", "a from 180 with ledger"]);
  const fates = async (name: string) =>
    (await app.schedules.history(name)).map(({ fate, reason }) => (reason ? `${fate} ${reason}` : fate));
  expect(await fates("a")).toEqual(["sent", "skipped overlap", "sent"]);
  expect(await fates("b")).toEqual(["skipped locked", "skipped locked", "skipped locked"]);
  await end();
});

test("under allow the runs wait in line, one after the other", async () => {
  const { app, runs, time, end } = await shop("allow");
  await time.advance(121);
  expect(await app.locks.inspect("ledger")).toMatchObject({ held: 1, waiting: 3 });
  await time.advance(270);
  expect(runs.slice(0, 4)).toEqual([
    "a from 60 with ledger",
    "b from 150 with ledger",
    "a from 240 with ledger",
    "b from 330 with ledger",
  ]);
  await end();
});

test("a run sent by hand takes the lock, too", async () => {
  const { app, runs, time, end } = await shop("skip");
  expect(await app.schedules.trigger("a")).toMatchObject({ outcome: "sent" });
  expect(await app.schedules.trigger("b")).toMatchObject({ outcome: "locked" });
  await time.advance(1);
  expect(runs).toEqual(["a from 0 with ledger"]);
  await end();
});

test.each([
  ["an empty name", ""],
  ["a capacity of 0", { name: "l", capacity: 0 }],
  ["a capacity of 1.5", { name: "l", capacity: 1.5 }],
  ["no name", {}],
  ["an unknown part", { name: "l", onBusy: "skip" }],
])("an entry whose lock has %s is refused at start", (_, lock) => {
  const make = () =>
    new Sunbeat("shop", { beatSchedule: { a: { task: "t", schedule: 60, lock: lock as string } } });
  expect(make).toThrow(/^entry "a": /);
});
