/** Children from their start to their end. */
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { AppFolder } from "./folder.js";
import { KINDS, makeWorld, openWorld, within, type World } from "./harness.js";

const childIds = ({ pool }: World): number[] =>
  pool.stats().children!.map(({ pid, thread }) => thread ?? pid);

function isGone(pid: number): boolean {
  try {
    return /^\S+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const wait = async (): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };
  await within(wait(), what);
}

async function rejection(work: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return within(
    work.then(
      () => Promise.reject(new Error("it was to be refused")),
      (error: Error) => error,
    ),
    "a refusal",
  );
}

describe.each(KINDS)("children in %s", (kind) => {
  test("one that has had its runs is replaced by another, which begins while it has the last", async () => {
    const world = await openWorld(onTestFinished, kind, { maxTasksPerChild: 2 });
    const ids: unknown[] = [];
    for (let run = 0; run < 5; run++) {
      const outcome = await world.outcome("child-id");
      ids.push(outcome.kind === "succeeded" ? outcome.value : outcome);
    }
    expect([ids[0] === ids[1], ids[2] === ids[3], new Set(ids).size]).toEqual([true, true, 3]);
  });

  test("one that has more memory than it may is replaced, and takes runs until the other is ready", async () => {
    const world = await openWorld(onTestFinished, kind, { maxMemoryPerChildBytes: 1 });
    const [first] = childIds(world);
    await world.outcome("noop");
    expect(world.pool.free).toBe(1);
    await until("another child", () => !childIds(world).includes(first!));
    expect(await world.outcome("noop")).toMatchObject({ kind: "succeeded" });
  });

  test.each([
    ["waits-signal", true, "that ends before its limit keeps its child, and the other goes"],
    ["loop", false, "that is killed has its slot back at once"],
  ])("a run near its limit has a successor begun: one of %s, keeps its child %s: %s", async (task, keeps) => {
    const world = await openWorld(onTestFinished, kind);
    const [first] = childIds(world);
    const { reservation, ended } = await world.run(task, [], { timeLimitMs: 2_500 });
    await until("a successor", () => childIds(world).length === 2);
    if (keeps) reservation.shutDown();
    await within(ended, "its end");
    await until("one child", () => childIds(world).length === 1 && world.pool.free === 1);
    expect(childIds(world)[0] === first).toBe(keeps);
  });

  test("grows, and shrinks by those that have no run first", async () => {
    const world = await openWorld(onTestFinished, kind);
    const busy = await world.run("waits-signal");
    world.pool.grow(2);
    await until("three slots", () => world.pool.free === 2);
    expect([world.pool.size, world.pool.running]).toEqual([3, 1]);
    world.pool.shrink(5);
    expect([world.pool.size, world.pool.running, world.pool.free]).toEqual([1, 1, 0]);
    await until("one child", () => childIds(world).length === 1);
    busy.reservation.shutDown();
    expect(await within(busy.ended, "its end")).toMatchObject({ outcome: { payload: '"SUNBEAT_SHUTDOWN"' } });
  });

  test("restart brings the files as they are now; a broken one is refused with its place, and the old children go on", async () => {
    const folder = new AppFolder(onTestFinished);
    const world = await openWorld(onTestFinished, kind, { size: 2, file: folder.app(1) });
    const before = childIds(world);
    folder.app(2);
    await within(world.pool.restart(), "restart");
    expect(await world.outcome("version")).toMatchObject({ payload: "2" });
    await until("the old ones are gone", () => !childIds(world).some((id) => before.includes(id)));
    folder.write("app.js", "throw new TypeError('half saved');\n");
    const refusal = await rejection(world.pool.restart());
    expect([refusal.code, refusal.message]).toEqual([
      "SUNBEAT_APP_LOAD_FAILED",
      expect.stringMatching(/app\.js:1.*TypeError: half saved/),
    ]);
    expect(await world.outcome("version")).toMatchObject({ payload: "2" });
    expect(world.fatal).toEqual([]);
  });

  test("three in a row that cannot load the app end the pool", async () => {
    const folder = new AppFolder(onTestFinished);
    const world = await openWorld(onTestFinished, kind, { file: folder.app(1) });
    folder.write("app.js", "throw new TypeError('gone bad');\n");
    const { ended } = await world.run("exit", [5]);
    expect((await within(ended, "its end")).outcome).toMatchObject({ kind: "lost" });
    await until("the end", () => world.fatal.length > 0);
    expect(world.fatal).toMatchObject([{ code: "SUNBEAT_APP_LOAD_FAILED" }]);
    expect(world.lines.filter((line) => line.includes("gone bad"))).toHaveLength(3);
    await until("no child", () => childIds(world).length === 0);
  });

  test.each([
    ["broken.js", /broken\.js:1:\d+: TypeError: no/, "it throws"],
    [
      "other.js",
      /other\.js exports no app with the name "pools"; its apps are other/,
      "it exports another app",
    ],
    ["missing.js", /missing\.js/, "there is no such file"],
    ["exits.js", /could not take a run: it exited with code 7; it wrote: so long$/, "it ends its process"],
  ])("does not open with %s: %s", async (file, message) => {
    const folder = new AppFolder(onTestFinished);
    folder.write("broken.js", "throw new TypeError('no');\n");
    folder.write(
      "other.js",
      'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("other");\n',
    );
    folder.write(
      "exits.js",
      'process.stderr.write("so long", () => process.exit(7));\nawait new Promise(() => {});\n',
    );
    const world = makeWorld(onTestFinished, kind, { size: 2, file: `${folder.folder}/${file}` });
    const refusal = await rejection(world.pool.open());
    expect([refusal.code, refusal.message]).toEqual([
      "SUNBEAT_APP_LOAD_FAILED",
      expect.stringMatching(message),
    ]);
    await until("no child", () => childIds(world).length === 0);
    expect(world.fatal).toEqual([]);
  });

  test("abandon gives what runs, kills it, and tells no end", async () => {
    const world = await openWorld(onTestFinished, kind, { size: 2 });
    const { reservation, ended } = await world.run("loop");
    let isTold = false;
    void ended.then(() => (isTold = true));
    expect(world.pool.abandon().map((one) => one.reservation)).toEqual([reservation]);
    await within(world.pool.close(), "close");
    expect([isTold, childIds(world)]).toEqual([false, []]);
  });

  test("close while it opens leaves nothing", async () => {
    const world = makeWorld(onTestFinished, kind, { size: 2 });
    void world.pool.open().catch(() => undefined);
    await within(world.pool.close(), "close");
    expect(childIds(world)).toEqual([]);
  });
});

test("a killed process takes with it what its task has started, and a worker that closes leaves none", async () => {
  const world = await openWorld(onTestFinished, "processes", { size: 2 });
  const [first] = childIds(world);
  const outcome = await world.outcome("starts-sleep", [], { timeLimitMs: 500 });
  expect(outcome).toMatchObject({ kind: "timed-out" });
  const sleeping = Number(/sleeping (\d+)/.exec(world.lines.join("\n"))?.[1]);
  await until("the sleeper is gone", () => isGone(sleeping));
  const left = childIds(world);
  await within(world.pool.close(), "close");
  expect([first, ...left].filter((pid) => !isGone(pid!))).toEqual([]);
});
