/** A task that waits for another one keeps its slot: what the log says when nothing is left to start that one in. */
import { expect, onTestFinished, test } from "vitest";
import { locked, Sunbeat } from "../../src/index.js";
import { type VirtualTime, virtualTime } from "../../src/testing/index.js";

interface World {
  readonly app: Sunbeat;
  readonly time: VirtualTime;
  readonly warnings: string[];
}

async function world(concurrency: number, queues?: readonly string[]): Promise<World> {
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const logger = {
    debug: nothing,
    info: nothing,
    warn: (line: string) => warnings.push(line),
    error: nothing,
  };
  const app = new Sunbeat("waiting", { logger, gracePeriod: 0 });
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => time.clock.after(ms, resolve));
  app.task("child", async (ms: number) => {
    await sleep(ms);
    return "child";
  });
  const parent = app.task("parent", { bind: true }, async (self, ms: number) => {
    return (await app.sendTask("child", [ms])).get({ signal: self.signal });
  });
  app.task("under-lock", { bind: true }, async (self, ms: number) => {
    const wait = locked("l")(async () => (await app.sendTask("child", [ms])).get({ signal: self.signal }));
    return wait();
  });
  app.task("calls", async (ms: number) => parent(ms));
  const time = await virtualTime(app, { concurrency, ...(queues && { queues }) });
  onTestFinished(async () => {
    const closed = time.close();
    await time.advance("10s");
    await closed;
  });
  return { app, time, warnings };
}

const WARNING = /^Task (\S+)\[\S+\] waits in get\(\) for task \S+ while no slot of this worker is free/;

test.each<[string, string, number, number, number, string[]]>([
  // because                                        task         sent  slots  child takes  who is warned of
  ["the child can never start", "parent", 1, 1, 0, ["parent"]],
  ["it is told once for each task", "parent", 3, 3, 0, ["parent"]],
  ["also under a lock that the task takes inside", "under-lock", 1, 1, 0, ["under-lock"]],
  ["also in a task that is called inside of one", "calls", 1, 1, 0, ["calls"]],
  ["the child has a slot, and a short run", "parent", 1, 2, 0, []],
  ["the child runs, and all slots are taken by then", "parent", 1, 2, 5_000, []],
  ["one slot is free", "parent", 1, 3, 5_000, []],
])("%s: %s sent %i times over %i slots, child of %i ms", async (_, task, times, slots, ms, expected) => {
  const { app, time, warnings } = await world(slots);
  await Promise.all(Array.from({ length: times }, () => app.sendTask(task, [ms])));
  await time.advance("4s");
  expect(warnings.map((line) => WARNING.exec(line)?.[1])).toEqual(expected);
});

test("a child that another worker runs is no reason to warn", async () => {
  const { app, time, warnings } = await world(1, ["parents"]);
  await app.worker({ queues: ["default"] }).start();
  await app.sendTask("parent", [3_000], { queue: "parents" });
  await time.advance("2s");
  expect(warnings).toEqual([]);
});

test("a result that is there already is no wait", async () => {
  const { app, time, warnings } = await world(1);
  const child = await app.sendTask("child", [0]);
  await time.advance("1s");
  app.task("late", async () => app.result(child.id).get());
  const late = await app.sendTask("late");
  await time.advance("1s");
  expect([await late.get(), warnings]).toEqual(["child", []]);
});

test("outside of a task nothing is told", async () => {
  const { app, time, warnings } = await world(1);
  await app.sendTask("child", [60_000]);
  const waiting = app
    .sendTask("child", [0])
    .then((result) => result.get({ timeout: 5 }).catch(() => undefined));
  await time.advance("6s");
  await waiting;
  expect(warnings).toEqual([]);
});
