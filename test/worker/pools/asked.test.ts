/** What runs in children ask of their worker, hear from it, and write. */
import { describe, expect, onTestFinished, test } from "vitest";
import { KINDS, openWorld, within, type World } from "./harness.js";

async function told(world: World, pattern: RegExp): Promise<string> {
  const wait = async (): Promise<string> => {
    for (;;) {
      const line = world.lines.find((one) => pattern.test(one));
      if (line !== undefined) return line;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return within(wait(), `a line like ${String(pattern)}`);
}

describe.each(KINDS)("a run in %s", (kind) => {
  test("stores its progress, logs, and knows its request", async () => {
    const world = await openWorld(onTestFinished, kind);
    const { reservation, ended } = await world.run("progress", [3]);
    await within(ended, "its end");
    expect(await world.store.results.get([reservation.delivery.id])).toMatchObject([
      { state: "PROGRESS", payload: '{"done":3,"total":3}', worker: "test@here" },
    ]);
    await world.outcome("log", ["the answer is %d"]);
    expect(world.lines).toContainEqual(expect.stringMatching(/^info: log\[log-2\]: the answer is 42$/));
    const request = await world.outcome("request", ["a", 1]);
    expect(request).toMatchObject({
      value: {
        id: "request-3",
        task: "request",
        args: ["a", 1],
        deliveries: 1,
        hostname: "test@here",
        lock: null,
      },
    });
  });

  test("sends to the broker memory: of its worker", async () => {
    const world = await openWorld(onTestFinished, kind);
    expect(await world.outcome("sends", ["x"])).toMatchObject({ payload: '"sent-x"' });
    expect(await world.store.results.get(["sent-x"])).toMatchObject([{ state: "PENDING" }]);
  });

  test("takes locks there, waits for results there, and gives up a wait", async () => {
    const world = await openWorld(onTestFinished, kind);
    const { ended } = await world.run("waits-for", ["known", 20]);
    await world.store.results.put("known", { state: "SUCCESS", payload: "5", worker: "w" }, 60_000);
    expect((await within(ended, "its end")).outcome).toMatchObject({ payload: "5" });
    expect(await world.outcome("waits-for", ["unknown", 0.05])).toMatchObject({
      kind: "failed",
      error: { code: "SUNBEAT_RESULT_TIMEOUT" },
    });
    expect(await world.outcome("locks", ["l"])).toMatchObject({ payload: "true" });
    expect(await world.store.lockInspection.inspect("l", 10)).toBeNull();
  });

  test.each([
    ["loop", 100, "revoked", "a loop that does not poll is killed after its grace"],
    ["polls", 10_000, "succeeded", "one that polls may still give what it has"],
    ["polls-throwing", 10_000, "revoked", "one that stops has the end that was asked for"],
  ])("revoked in %s, with a grace of %d ms, ends as %s: %s", async (task, terminateGraceMs, kindOfEnd) => {
    const world = await openWorld(onTestFinished, kind, { terminateGraceMs });
    const { reservation, ended } = await world.run(task);
    await told(world, /begun/);
    reservation.revoke();
    expect((await within(ended, "its end")).outcome.kind).toBe(kindOfEnd);
  });

  test("hears of what comes after its soft limit, too", async () => {
    const world = await openWorld(onTestFinished, kind, { terminateGraceMs: 50 });
    const { reservation, ended } = await world.run("loop", [], { softTimeLimitMs: 50 });
    await within(
      new Promise<void>((resolve) => reservation.signal.addEventListener("abort", () => resolve())),
      "it",
    );
    reservation.revoke();
    expect((await within(ended, "its end")).outcome.kind).toBe("revoked");
  });

  test.each<{ verb: "lose" | "shutDown" | "loseLock"; wanted: object; because: string }>([
    { verb: "lose", wanted: { kind: "abandoned" }, because: "another worker may have it" },
    { verb: "shutDown", wanted: { kind: "returned" }, because: "the worker is on its way out" },
    {
      verb: "loseLock",
      wanted: { kind: "failed", error: { code: "SUNBEAT_LOCK_LOST" } },
      because: "its permit was broken",
    },
  ])("$verb reaches a loop that polls: $because", async ({ verb, wanted }) => {
    const world = await openWorld(onTestFinished, kind);
    const { reservation, ended } = await world.run("polls-throwing");
    await told(world, /begun/);
    reservation.lock = { name: "l", fence: 1 };
    if (verb === "lose") reservation.lose("the store said so");
    else reservation[verb]();
    expect((await within(ended, "its end")).outcome).toMatchObject(wanted);
  });

  test("writes lines of the log, with its name", async () => {
    const world = await openWorld(onTestFinished, kind);
    await world.outcome("writes", ["one \u001b[31mred\u001b[0m"]);
    expect(await told(world, /one/)).toBe("warn: writes[writes-1]: one red");
    expect(await told(world, /half/)).toBe("warn: writes[writes-1]: half a line");
    expect(await told(world, /no end/)).toBe("warn: writes[writes-1]: no end");
  });

  test("that floods its output is told of, and takes no memory here", async () => {
    const world = await openWorld(onTestFinished, kind);
    const before = process.memoryUsage().rss;
    await world.outcome("floods", [200_000]);
    expect(await told(world, /lines dropped: more than 1000 in a second/)).toContain("floods[floods-1]");
    // What a thread has not handed on yet is in its own heap, which is in this process.
    if (kind === "processes") expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });

  test("that waits for another while no slot is free is told of", async () => {
    const world = await openWorld(onTestFinished, kind);
    await world.run("waits-for", ["later", 5]);
    await world.store.sender.enqueue([world.message("later", "echo")]);
    expect(await told(world, /waits in get\(\) for task later/)).toMatch(/^warn: Task waits-for/);
  });
});

test("an allocation without end costs its child alone", async () => {
  const world = await openWorld(onTestFinished, "processes", { execArgv: ["--max-old-space-size=60"] });
  expect(await world.outcome("heap")).toMatchObject({ kind: "lost", error: { code: "SUNBEAT_WORKER_LOST" } });
  const thread = await openWorld(onTestFinished, "threads", { execArgv: ["--max-old-space-size=60"] });
  expect(await thread.outcome("heap")).toMatchObject({
    kind: "lost",
    error: { message: expect.stringContaining("memory limit") as unknown },
  });
});
