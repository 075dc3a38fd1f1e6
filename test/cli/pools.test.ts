/** Pools of the command line: flags, banner, limits, signals. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => {
  place = new Playground();
  setVersion("one");
});
afterAll(() => place.dispose());

const setVersion = (version: string): void =>
  writeFileSync(path.join(place.folder, "pools-version.txt"), version);

const appOn = (name: string): string[] => ["-A", "pools.ts", "-b", `sqlite:./pools-${name}.db`];

describe("sunbeat worker -P", () => {
  test("tasks run in children and, where they say so, in the worker; a loop is killed at its limit while others go on", async () => {
    const app = appOn("limits");
    const worker = place.start([
      ...app,
      ...["worker", "-P", "prefork,async", "-c", "2,4", "--time-limit", "2", "--max-tasks-per-child", "3"],
    ]);
    await worker.says(/ready\./);
    const ask = async (task: string): Promise<string> =>
      (await place.sunbeat([...app, "call", task, "--wait", "--timeout", "30s"])).stdout.trim();
    await place.sunbeat([...app, "call", "tasks.spin", "--task-id", "spin"]);
    await worker.says(/Task tasks\.spin\[spin\] received/);
    const [child, here] = [await ask("tasks.pid"), await ask("tasks.here")];
    expect(here).toBe(String(worker.pid));
    expect(child).not.toBe(here);
    await worker.says(/Hard time limit \(2s\) exceeded for tasks\.spin\[spin\]/);
    worker.signal("SIGTERM");
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).toContain(". concurrency: 2 (processes), 4 (async)\n");
    expect(stderr).toContain("Warm shutdown");
    expect(exitCode).toBe(0);
  });

  test("a second SIGTERM kills the children and gives back what ran, uncounted", async () => {
    const app = appOn("cold");
    const worker = place.start([...app, "worker", "-P", "processes", "-c", "1"]);
    await worker.says(/ready\./);
    await place.sunbeat([...app, "call", "tasks.loop", "--task-id", "loop"]);
    await worker.says(/Task tasks\.loop\[loop\] received/);
    worker.signal("SIGTERM");
    await worker.says(/Warm shutdown/);
    worker.signal("SIGTERM");
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).toContain("Task tasks.loop[loop] given back: this worker is shutting down");
    expect(exitCode).toBe(1);
    const second = place.start([...app, "worker", "-P", "processes", "-c", "1"]);
    await second.says(/Task tasks\.loop\[loop\] received/);
    second.signal("SIGQUIT");
    expect((await second.ended()).stderr).not.toContain("is delivered again");
  });

  test("SIGHUP gives it new children with the files as they are now", async () => {
    const app = appOn("restart");
    const worker = place.start([...app, "worker", "-P", "processes", "-c", "2"]);
    await worker.says(/ready\./);
    const version = async (): Promise<string> =>
      (await place.sunbeat([...app, "call", "tasks.version", "--wait", "--timeout", "30s"])).stdout.trim();
    expect(await version()).toBe("one");
    setVersion("two");
    worker.signal("SIGHUP");
    await worker.says(/The children of the pools are new/);
    expect(await version()).toBe("two");
    worker.signal("SIGTERM");
    expect((await worker.ended()).exitCode).toBe(0);
    setVersion("one");
  });

  test("children that cannot load the app end it with 1 and the reason, after three of them", async () => {
    const { exitCode, stderr } = await place.sunbeat(
      ["-A", "pools-secret.js", "worker", "-P", "processes", "-c", "1"],
      { DATABASE_URL: "pg://" }, // which children do not see, since nothing names it
    );
    expect(stderr).not.toContain("ready.");
    expect(stderr).toMatch(
      /sunbeat: pools-secret\.js:4:\d+: Error: DATABASE_URL is not set \[SUNBEAT_APP_LOAD_FAILED\]\n$/,
    );
    expect(stderr.match(/A child is gone/g)).toHaveLength(3);
    expect(exitCode).toBe(1);
  });

  test("with the variable named they see it", async () => {
    const env = { DATABASE_URL: "pg://", CHILD_ENV: "DATABASE_URL" };
    const worker = place.start(["-A", "pools-secret.js", "worker", "-P", "processes", "-c", "1"], env);
    await worker.says(/ready\./);
    worker.signal("SIGTERM");
    expect((await worker.ended()).exitCode).toBe(0);
  });

  test("what a task prints is a line of the log, with its id and without its colours", async () => {
    const app = appOn("output");
    const worker = place.start([...app, "worker", "-P", "processes", "-c", "1"]);
    await worker.says(/ready\./);
    const file = path.join(place.folder, "said.txt");
    await place.sunbeat([...app, "call", "tasks.chat", "-a", JSON.stringify([file]), "--task-id", "chat"]);
    await worker.says(/WARNING\/MainProcess\] tasks\.chat\[chat\]: hello\n/);
    worker.signal("SIGTERM");
    expect((await worker.ended()).exitCode).toBe(0);
  });
});

test.each([
  // flags, stderr
  [
    ["-P", "async", "-c", "2,2"],
    "worker: concurrency: expected one number for each pool of async, got [2,2] [SUNBEAT_OPTION_INVALID]",
  ],
  [
    ["-c", "2", "--autoscale", "4,2"],
    "worker: concurrency: expected nothing beside autoscale, got [2] [SUNBEAT_OPTION_INVALID]",
  ],
  [
    ["-P", "async,solo", "--autoscale", "4,2"],
    'worker: autoscale: expected one pool other than solo, beside the pools async, solo, got {"max":4,"min":2} [SUNBEAT_OPTION_INVALID]',
  ],
  [
    ["--time-limit", "5", "--soft-time-limit", "5"],
    "worker: softTimeLimit: expected less than the time limit of 5000 ms, got 5 [SUNBEAT_OPTION_INVALID]",
  ],
])("worker %j: wrong usage", async (flags, message) => {
  const { exitCode, stderr } = await place.sunbeat([...appOn("usage"), "worker", ...flags]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});
