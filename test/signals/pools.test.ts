/** Where signals are told when tasks run in children, by the command line: publishing and the worker's own in the worker, those of runs in the child. */
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

interface Line {
  readonly name: string;
  readonly where: "worker" | "child";
  readonly task?: string;
  readonly [field: string]: unknown;
}

describe.each([
  ["processes", "process"],
  ["threads", "thread"],
])("sunbeat worker -B -P %s", (pool, kind) => {
  let lines: Line[] = [];
  let stderr = "";

  beforeAll(async () => {
    const app = ["-A", "signals.js", "-b", `sqlite:./signals-${pool}.db`];
    const log = path.join(place.folder, "signals.log");
    rmSync(log, { force: true });
    const worker = place.start([...app, "worker", "-B", "-P", pool, "-c", "1"]);
    await worker.says(/ready\./);
    const call = (task: string, ...args: unknown[]): Promise<unknown> =>
      place.sunbeat([...app, "call", task, "-a", JSON.stringify(args), "--wait", "--timeout", "30s"]);
    expect(await call("tasks.echo", "swallowed")).toMatchObject({
      stdout: expect.stringContaining("instead") as unknown,
    });
    for (const task of ["tasks.fail", "tasks.refuse", "tasks.loop", "tasks.send"]) await call(task);
    await worker.says(/Task tasks\.echo\[[^\]]+\] succeeded[^]*Task tasks\.echo\[[^\]]+\] succeeded/);
    worker.signal("SIGTERM");
    ({ stderr } = await worker.ended());
    const written = readFileSync(log, "utf8").trimEnd().split("\n");
    // Without what the sending command line has told: that has no worker.
    lines = written
      .map((line) => JSON.parse(line) as Line)
      .filter(({ pid }) => isOfWorker(Number(pid), worker.pid, written));
  });

  test.each<readonly [string, string | undefined, "worker" | "child", number]>([
    ["workerInit", undefined, "worker", 1],
    ["workerReady", undefined, "worker", 1],
    ["workerShuttingDown", undefined, "worker", 1],
    ["workerShutdown", undefined, "worker", 1],
    ["beatInit", undefined, "worker", 1],
    ["beatEmbeddedInit", undefined, "worker", 1],
    ["beatLeading", undefined, "worker", 1],
    ["beatStepDown", undefined, "worker", 1],
    ["taskReceived", "tasks.fail", "worker", 1],
    ["taskReceived", "tasks.refuse", "worker", 2],
    ["taskPrerun", "tasks.fail", "child", 1],
    ["taskFailure", "tasks.fail", "child", 1],
    ["taskPostrun", "tasks.fail", "child", 1],
    ["taskSuccess", "tasks.echo", "child", 2],
    ["taskRetry", "tasks.refuse", "child", 1],
    ["taskFailure", "tasks.refuse", "child", 1],
    ["taskPrerun", "tasks.loop", "child", 1],
    ["taskFailure", "tasks.loop", "worker", 1],
    ["taskPostrun", "tasks.loop", "worker", 1],
    ["beforeTaskPublish", "tasks.echo", "child", 1],
    ["afterTaskPublish", "tasks.echo", "child", 1],
  ])("%s of %s is told in the %s, %d times", (name, task, where, times) => {
    const found = lines.filter((line) => line.name === name && line.task === task);
    expect(found.map((line) => line.where)).toEqual(Array(times).fill(where));
  });

  test("each child tells of its beginning before its first run, and the one that ends in order of its end", () => {
    const ofChildren = lines.filter(({ name }) => name.startsWith("workerProcess"));
    for (const line of ofChildren)
      expect(line).toMatchObject({
        where: "child",
        kind,
        hostname: expect.stringMatching(/^default@/) as unknown,
      });
    // The second takes the place of the one whose loop was killed.
    expect(ofChildren.filter(({ name }) => name === "workerProcessInit").length).toBeGreaterThanOrEqual(2);
    expect(ofChildren.at(-1)?.name).toBe("workerProcessShutdown");
    expect(lines.findIndex(({ name }) => name === "workerProcessInit")).toBeLessThan(
      lines.findIndex(({ name }) => name === "taskPrerun"),
    );
  });

  test("hooks run in the child", () => {
    expect(stderr).toContain("hook: no");
  });

  test("heartbeats are told while something runs", () => {
    expect(lines.filter(({ name }) => name === "heartbeatSent").length).toBeGreaterThan(0);
  });
});

/** The worker's, or one of whom a child's signal was told. */
function isOfWorker(pid: number, worker: number | undefined, written: readonly string[]): boolean {
  if (pid === worker) return true;
  return written.some((line) => line.includes('"where":"child"') && line.includes(`"pid":${pid},`));
}
