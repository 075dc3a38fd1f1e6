import { afterEach, beforeEach, expect, test } from "vitest";
import { crontab, every } from "../../src/schedules/index.js";
import { World } from "./harness.js";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

test("sends each due time once, at its instant", async () => {
  await world.started({ tick: { task: "tasks.tick", schedule: every("10s") } });
  await world.clock.advance(60_000);
  expect(await world.history("tick")).toEqual(
    ["00:00:10", "00:00:20", "00:00:30", "00:00:40", "00:00:50", "00:01:00"].map((at) => `${at} sent`),
  );
  const rows = await world.schedules().history("tick");
  expect(rows.map((row) => row.at.getTime() - row.due.getTime())).toEqual([0, 0, 0, 0, 0, 0]);
});

test("says in its log what it does", async () => {
  const beat = await world.started({
    nightly: { task: "tasks.report", schedule: crontab("1 0 * * *") },
  });
  await world.clock.advance(60_000);
  await beat.stop();
  expect(world.log.lines).toEqual([
    "beat: Starting...",
    expect.stringMatching(/^beat: leading \(term \d+:[\w-]+\)$/),
    "Scheduler: Sending due task nightly (tasks.report)",
    "beat: gave up the lead",
    "beat: stopped",
  ]);
});
