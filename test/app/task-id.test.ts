/** What `taskId` promises: an id that is sent again runs once, for as long as a result would be kept. */
import { afterEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { Ignore, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import type { SendOptions } from "../../src/tasks/message.js";
import type { TaskOptions } from "../../src/tasks/task-options.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const HOUR_MS = 3_600_000;
const apps: Sunbeat[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

type RigTask = Pick<TaskOptions, "acks" | "ignoreResult" | "retry">;

interface Rig {
  readonly app: Sunbeat;
  readonly clock: ManualClock;
  readonly runs: string[];
}

function setUp(options: SunbeatOptions, task: RigTask, run: () => unknown = () => 1): Rig {
  const clock = new ManualClock();
  const app = new Sunbeat("shop", { broker: "memory:", ...options });
  coreOf(app).use({ clock });
  apps.push(app);
  const runs: string[] = [];
  app.task("t", task, async (what: string) => {
    runs.push(what);
    return run();
  });
  return { app, clock, runs };
}

/** Sends "t" as often, and lets it run before the next is sent. */
async function send({ app, clock }: Rig, times: number, options: SendOptions): Promise<void> {
  for (let n = 0; n < times; n++) {
    await app.sendTask("t", [`run ${n}`], options);
    await clock.advance(10_000);
  }
}

function ignore(): never {
  throw new Ignore();
}

describe("an id that is sent three times", () => {
  test.each<[string, SunbeatOptions, RigTask, SendOptions, () => unknown]>([
    // where nothing is kept                     app                          task                          send                     run
    ["its result is kept", {}, {}, {}, () => 1],
    ["it fails", {}, {}, {}, () => Promise.reject(new Error("no"))],
    ["it is sent with ignoreResult", {}, {}, { ignoreResult: true }, () => 1],
    ["its task has ignoreResult", {}, { ignoreResult: true }, {}, () => 1],
    ["its app ignores results", { taskIgnoreResult: true }, {}, {}, () => 1],
    [
      "it fails and its result is ignored",
      {},
      { ignoreResult: true },
      {},
      () => Promise.reject(new Error("no")),
    ],
    ["it throws Ignore", {}, {}, {}, ignore],
    ["it throws Ignore, and its result is ignored", {}, { ignoreResult: true }, {}, ignore],
    [
      "it runs at most once and its result is ignored",
      {},
      { acks: "early", ignoreResult: true },
      {},
      () => 1,
    ],
    ["it runs at most once and throws Ignore", {}, { acks: "early" }, {}, ignore],
  ])("runs once where %s", async (_where, appOptions, taskOptions, sendOptions, run) => {
    const rig = setUp(appOptions, taskOptions, run);
    void rig.app.worker().start();
    await send(rig, 3, { taskId: "invoice-7", resultExpires: "1h", ...sendOptions });
    expect(rig.runs).toEqual(["run 0"]);
    await rig.clock.advance(HOUR_MS);
    await send(rig, 1, { taskId: "invoice-7", ...sendOptions });
    expect(rig.runs).toHaveLength(2);
  });

  test("runs once while it runs, with acks early", async () => {
    let finish: () => void = () => undefined;
    const rig = setUp({}, { acks: "early" }, () => new Promise<void>((resolve) => (finish = resolve)));
    void rig.app.worker({ concurrency: 2 }).start();
    await send(rig, 3, { taskId: "invoice-7" });
    expect(rig.runs).toEqual(["run 0"]);
    finish();
    await rig.clock.advance(1_000);
    expect(await rig.app.result("invoice-7").state()).toBe("SUCCESS");
  });

  test("runs again each time it asks for it, with acks early", async () => {
    let runs = 0;
    const rig = setUp(
      {},
      { acks: "early", ignoreResult: true, retry: { max: 2, delay: 1, on: () => true } },
      () => {
        if (++runs < 3) throw new Error("not yet");
      },
    );
    void rig.app.worker().start();
    await send(rig, 2, { taskId: "invoice-7" });
    expect(rig.runs).toEqual(["run 0", "run 0", "run 0"]);
  });
});

test("ids of our own leave nothing behind", async () => {
  const rig = setUp({}, { ignoreResult: true });
  void rig.app.worker().start();
  await send(rig, 3, {});
  await rig.clock.advance(48 * HOUR_MS);
  const store = await coreOf(rig.app).store.get();
  expect([rig.runs.length, await store.sweep(10)]).toEqual([3, 0]);
});

test("who waits for an id that somebody else has sent with ignoreResult is told so at its end", async () => {
  const rig = setUp({}, {});
  await rig.app.sendTask("t", ["run"], { taskId: "invoice-7", ignoreResult: true });
  const again = await rig.app.sendTask("t", ["again"], { taskId: "invoice-7" });
  const failed = expect(again.get()).rejects.toMatchObject({
    code: "SUNBEAT_RESULT_IGNORED",
    message: "task invoice-7 has ended and left no result: it was sent with ignoreResult, or threw Ignore",
  });
  void rig.app.worker().start();
  await rig.clock.advance(1_000);
  await failed;
  expect([rig.runs, await again.exists()]).toEqual([["run"], false]);
});
