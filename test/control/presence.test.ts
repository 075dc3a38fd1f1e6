/** How nodes tell that they are there, and which names they have. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fitsPattern, numberedName } from "../../src/control/node-name.js";
import { StoreError } from "../../src/core/errors.js";
import type { SeenNode } from "../../src/store/contracts/presence.js";
import { World } from "./nodes.js";

let world: World;
beforeEach(() => void (world = new World()));
afterEach(() => world.close());

const nodes = (): Promise<readonly SeenNode[]> => world.store.presence.nodes();
const names = async (): Promise<string[]> => (await nodes()).map(({ node, status }) => `${node} ${status}`);

describe("presence", () => {
  test("an idle node calls six times a minute", async () => {
    await world.worker({ hostname: "a@x" });
    await world.clock.advance(5_000);
    world.calls.length = 0;
    await world.clock.advance(600_000);
    expect(world.calls.length).toBeGreaterThanOrEqual(54);
    expect(world.calls.length).toBeLessThanOrEqual(66);
  });

  test("a worker and a beat of one process are one node, and one call", async () => {
    const { app } = world.app();
    const beat = app.beat();
    const worker = app.worker({ hostname: "a@x", queues: ["q"] });
    beat.start();
    await world.settled(worker.start());
    await world.clock.advance(1_000);
    expect((await nodes()).map(({ node, kind, beat: told }) => [node, kind, told?.role])).toEqual([
      ["a@x", "worker+beat", "leading"],
    ]);
    world.calls.length = 0;
    await world.clock.advance(60_000);
    expect(world.calls.length).toBeLessThanOrEqual(7);
    await world.settled(beat.stop());
    await world.clock.advance(1_000);
    expect((await nodes())[0]).toMatchObject({ kind: "worker", beat: null });
  });

  test("it tells what it is and how it does", async () => {
    const { app } = await world.worker({ hostname: "a@x", concurrency: 4 });
    await app.sendTask("t", [600_000], { queue: "q" });
    await app.sendTask("t", [10], { queue: "q" });
    await app.sendTask("nobody-has-it", [], { queue: "q" });
    await world.clock.advance(15_000);
    const [node] = await nodes();
    expect(node).toMatchObject({
      ...{ node: "a@x", kind: "worker", app: "shop", pid: process.pid, state: "running", status: "alive" },
      ...{
        version: "0.1.0",
        nodeVersion: process.version,
        clockOffsetMs: expect.any(Number) as number,
        beat: null,
      },
      worker: {
        ...{
          queues: [{ name: "q", paused: false }],
          concurrency: 4,
          pool: "async",
          autoscale: null,
          running: 1,
        },
        ...{ unsettled: 0, processed: 1, succeeded: 1, failed: 0, retried: 0, tasks: ["t"], outage: null },
      },
    });
    expect(node!.verbs).toContain("poolGrow");
    expect(node!.worker!.lastClaimAt).toBeGreaterThan(world.clock.now() - 15_000);
  });

  test("a change of state, of queues or of slots is told within half a second", async () => {
    const { worker, core } = await world.worker({ hostname: "a@x" });
    await world.clock.advance(3_000);
    worker.steering.drain();
    core.nodes.here[0]!.presence.changed();
    await world.clock.advance(500);
    expect((await nodes())[0]?.state).toBe("draining");
    await worker.steering.addQueue("more");
    await world.clock.advance(500);
    expect((await nodes())[0]?.worker?.queues.map(({ name }) => name)).toEqual(["q", "more"]);
  });

  test("a paused queue is told as paused", async () => {
    const { app } = await world.worker({ hostname: "a@x" });
    await app.queues.pause("q");
    await world.clock.advance(11_500);
    expect((await nodes())[0]?.worker?.queues).toEqual([{ name: "q", paused: true }]);
  });

  test("a node that ends leaves, and a call that was on its way does not bring it back", async () => {
    const { worker } = await world.worker({ hostname: "a@x" });
    await world.settled(worker.stop());
    expect(await nodes()).toEqual([]);
    await world.clock.advance(60_000);
    expect(await nodes()).toEqual([]);
    expect(world.calls.filter((call) => call.startsWith("leave"))).toEqual(["leave a@x"]);
  });

  test("a process that is killed is lost, and its successor on this machine has its name at once", async () => {
    const first = await world.worker({ hostname: "a@x" });
    const [record] = await nodes();
    await world.settled(first.app.close());
    // As if it had been killed: nobody has told that it ended, and its process is gone.
    await world.store.presence.appear({ ...record!, boot: "f".repeat(32), pid: 2 ** 22 + 1 }, 30_000);
    await world.worker({ hostname: "a@x" });
    expect(await names()).toEqual(["a@x alive"]);
    expect((await nodes())[0]?.boot).not.toBe("f".repeat(32));
  });

  test("a store that is away holds up nothing, and hears of the node when it is back", async () => {
    let isAway = true;
    const away = (): Promise<never> =>
      Promise.reject(new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable: true }));
    const node = world.app({}, ({ presence }) => ({
      presence: { ...presence, appear: (...args) => (isAway ? away() : presence.appear(...args)) },
    }));
    const worker = node.app.worker({ queues: ["q"], hostname: "a@x" });
    await world.settled(worker.start());
    await node.app.sendTask("t", [10], { queue: "q" });
    await world.clock.advance(1_000);
    expect(worker.stats().processed).toBe(1);
    expect(await names()).toEqual([]);
    isAway = false;
    await world.clock.advance(11_000);
    expect(await names()).toEqual(["a@x alive"]);
    expect(node.lines.filter((line) => line.includes("store"))).toEqual([]);
  });

  test("a store that never answers to presence holds up the start for five seconds, and the end for one", async () => {
    const node = world.app({}, ({ presence }) => ({
      presence: {
        ...presence,
        appear: () => new Promise(() => undefined),
        leave: () => new Promise(() => undefined),
      },
    }));
    const worker = node.app.worker({ queues: ["q"], hostname: "a@x" });
    const before = world.clock.monotonicMs();
    await world.settled(worker.start());
    expect(world.clock.monotonicMs() - before).toBeLessThan(5_200);
    const began = world.clock.monotonicMs();
    await world.settled(worker.stop());
    expect(world.clock.monotonicMs() - began).toBeLessThan(1_500);
  });

  test("what the store says of watches and marks reaches those who listen; one that throws does not matter", async () => {
    const { core } = await world.worker({ hostname: "a@x" });
    const heard: (readonly string[])[] = [];
    const { presence } = core.nodes.here[0]!;
    presence.onReply(() => {
      throw new Error("listener");
    });
    presence.onReply(({ watching }) => heard.push(watching));
    await world.store.presence.watch("w", ["task-failed"], 60_000);
    await world.clock.advance(11_000);
    expect(heard.at(-1)).toEqual(["task-failed"]);
    presence.tellsAll = true;
    await presence.appear();
    expect(heard.at(-1)).toEqual(["*"]);
  });

  test("each third call lets others flush what they count", async () => {
    const { core } = await world.worker({ hostname: "a@x" });
    let flushed = 0;
    core.nodes.here[0]!.presence.onThird = () => {
      flushed++;
      return Promise.reject(new Error("flush"));
    };
    await world.clock.advance(120_000);
    expect(flushed).toBeGreaterThanOrEqual(3);
    expect(flushed).toBeLessThanOrEqual(5);
  });
});

describe("names", () => {
  test("workers of one machine that are started side by side have names of their own, in results, too", async () => {
    const started = await Promise.all([world.worker(), world.worker(), world.worker()]);
    const host = (await nodes())[0]!.host;
    expect((await names()).sort()).toEqual(
      [`default-2@${host} alive`, `default-3@${host} alive`, `default@${host} alive`].sort(),
    );
    const { app } = started[0];
    const sent = await app.sendTask("t", [10], { queue: "q" });
    await world.clock.advance(1_000);
    const { worker } = (await world.store.results.get([sent.id]))[0]!;
    expect((await nodes()).map(({ node }) => node)).toContain(worker);
  });

  test("a free number is used again", async () => {
    const [first] = [await world.worker(), await world.worker()];
    await world.settled(first.app.close());
    const host = (await nodes())[0]!.host;
    await world.worker();
    expect(await names()).toEqual([`default-2@${host} alive`, `default@${host} alive`]);
  });

  test("a name that was given and that answers is SUNBEAT_NODE_NAME_TAKEN", async () => {
    await world.worker({ hostname: "a@x" });
    const second = world.app().app.worker({ hostname: "a@x", queues: ["q"] });
    await expect(world.settled(second.start())).rejects.toMatchObject({ code: "SUNBEAT_NODE_NAME_TAKEN" });
    expect(await names()).toEqual(["a@x alive"]);
  });

  test("a name that was given and does not answer is taken over, with a warning", async () => {
    await world.worker({ hostname: "b@x" });
    const [record] = await nodes();
    await world.store.presence.appear({ ...record!, node: "a@x", boot: "silent", host: "other" }, 30_000);
    const { lines } = await world.worker({ hostname: "a@x" });
    expect((await nodes()).map(({ node, boot }) => [node, boot === "silent"])).toEqual([
      ["a@x", false],
      ["b@x", false],
    ]);
    expect(lines).toContainEqual(expect.stringContaining('"a@x" takes its name over'));
  });

  test("a node whose name was taken while it was silent goes on under another, and says so", async () => {
    const { lines } = await world.worker({ hostname: "a@x" });
    const [record] = await nodes();
    await world.store.presence.appear({ ...record!, boot: "thief", host: "other" }, 30_000, true);
    await world.clock.advance(12_000);
    expect((await names()).sort()).toEqual(["a-2@x alive", "a@x alive"]);
    expect(lines.filter((line) => line.includes("another process has this name now")).length).toBe(1);
    await world.clock.advance(60_000);
    expect(lines.filter((line) => line.includes("another process has this name now")).length).toBe(1);
  });

  test("a beat by itself is called beat, and one of a worker's process as that", async () => {
    await world.beat();
    const host = (await nodes())[0]!.host;
    expect(await names()).toEqual([`beat@${host} alive`]);
  });

  test.each([
    ["default@host", 1, "default@host"],
    ["default@host", 2, "default-2@host"],
    ["plain", 3, "plain-3"],
  ])("%s with number %d is %s", (name, number, expected) => {
    expect(numberedName(name, number)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ["a@x", "a@x", true],
    ["a@x", "*", true],
    ["a@x", "*@x", true],
    ["a@x", "a@?", true],
    ["a@xy", "a@?", false],
    ["abcabd", "a*abd", true],
    ["a@x", "", false],
    ["", "**", true],
    ["a.c", "a?c", true],
    ["abc", "a.c", false],
  ])("%s fits %s: %s", (name, pattern, fits) => {
    expect(fitsPattern(name, pattern)).toBe(fits);
  });

  test("a hostile pattern costs the product of both lengths, not more", () => {
    // What tries every way to share out the letters does not come to an end.
    expect(fitsPattern("a".repeat(255), `${"*a".repeat(127)}b`)).toBe(false);
  });
});
