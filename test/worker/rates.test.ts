/** Rate limits in a worker: slots, turns, messages that do not carry their rates, cooldown. */
import { expect, test } from "vitest";
import { resolveTaskRate } from "../../src/tasks/rate-limit.js";
import type { TaskContext } from "../../src/tasks/definition.js";
import { gate, message, Rig, turns } from "./harness.js";

const ten = resolveTaskRate("10/s", "rate");
const byKey = resolveTaskRate({ limit: 10, per: "1s", key: (key: string) => key }, "rate");

/** A task that notes when it runs, and with what. */
function noting(rig: Rig, rateLimit = ten): string[] {
  const ran: string[] = [];
  const begin = rig.clock.now();
  rig.task("t", (key = "") => void ran.push(`${key}@${rig.clock.now() - begin}`), { rateLimit });
  return ran;
}

test("a worker begins a run at each token, at its instant", async () => {
  const rig = new Rig();
  const ran = noting(rig);
  await rig.send(...["a", "b", "c", "d"].map((id) => message(id, "t", [id])));
  await rig.started();
  await rig.clock.advance(1_000);
  expect(ran).toEqual(["a@0", "b@100", "c@200", "d@300"]);
});

test("two workers take turns, and no token is lost", async () => {
  const rig = new Rig();
  const ran = noting(rig);
  await rig.send(...Array.from({ length: 20 }, (_, n) => message(`m${n}`, "t")));
  await rig.started({ hostname: "w1" });
  await rig.started({ hostname: "w2" });
  await rig.clock.advance(1_500);
  expect(ran).toEqual(Array.from({ length: 16 }, (_, n) => `@${n * 100}`));
});

test("what has a limit waits in the store while all slots are taken: nothing is prefetched, and no token is saved up", async () => {
  const rig = new Rig();
  const ran = noting(rig);
  const { opened, open } = gate();
  rig.task("slow", () => opened);
  await rig.send(
    message("s1", "slow"),
    message("s2", "slow"),
    ...["a", "b", "c"].map((id) => message(id, "t")),
  );
  const worker = await rig.started({ concurrency: 2, prefetch: 4 });
  await rig.clock.advance(10_000);
  expect([ran, worker.stats().prefetched]).toEqual([[], 0]);
  open();
  await turns();
  await rig.clock.advance(150);
  expect(ran).toEqual(["@10000", "@10100"]);
});

test("a worker asks for what messages from a program without the task do not carry", async () => {
  const rig = new Rig();
  const ran = noting(rig, byKey);
  await rig.send(...["x", "x", "y"].map((key, n) => message(`m${n}`, "t", [key])));
  await rig.started({ concurrency: 5 });
  await rig.clock.advance(500);
  expect(ran).toEqual(["x@0", "y@0", "x@100"]);
});

test("a key that cannot be made of the arguments fails the run, and nothing else", async () => {
  const rig = new Rig();
  const ran = noting(rig, byKey);
  await rig.send(message("bad", "t", [null]), message("good", "t", ["x"]));
  await rig.started();
  await rig.clock.advance(100);
  expect((await rig.failure("bad")).code).toBe("SUNBEAT_OPTION_INVALID");
  expect(ran).toEqual(["x@0"]);
});

test("messages of the own app carry what they take", async () => {
  const rig = new Rig();
  noting(rig, byKey);
  expect(rig.createMessage({ task: "t", args: ["x"] }).rate).toEqual({ key: "x", weight: 1 });
  rig.task("plain", () => undefined, { rateLimit: ten });
  expect(rig.createMessage({ task: "plain", args: [] })).not.toHaveProperty("rate");
  expect(() => rig.createMessage({ task: "t", args: [""] })).toThrow("rateLimit.key");
});

test("a worker says what its code says, also that a task has no limit any more", async () => {
  const rig = new Rig();
  noting(rig, byKey);
  await rig.memory.limits.declare([{ task: "gone", code: ten.rate, byMessage: false }]);
  rig.task("gone", () => undefined);
  await rig.started();
  expect(await rig.memory.limits.list()).toEqual([
    { task: "t", code: byKey.rate, byMessage: true, control: null },
  ]);
});

test("a cooldown keeps every worker away, and the run comes back uncounted", async () => {
  const rig = new Rig();
  const begin = rig.clock.now();
  const ran: string[] = [];
  rig.bound(
    "t",
    (self: TaskContext) => {
      const { id, retries, deliveries } = self.request;
      ran.push(`${id} ${retries} ${deliveries} @${rig.clock.now() - begin}`);
      if (ran.length === 1) self.cooldown("60s");
    },
    { rateLimit: ten },
  );
  await rig.send(...["a", "b"].map((id) => message(id, "t")));
  await rig.started({ hostname: "w1" });
  await rig.started({ hostname: "w2" });
  await rig.clock.advance(61_000);
  expect(ran).toEqual(["a 0 1 @0", "a 0 1 @60000", "b 0 1 @60100"]);
  expect(rig.events).toContainEqual({
    type: "task-cooldown",
    id: "a",
    task: "t",
    queue: "default",
    delayMs: 60_000,
  });
  expect(rig.logged("cools down: no run of its rate limit begins for 1m")).toHaveLength(1);
});

test("a cooldown of no length of time fails the run", async () => {
  const rig = new Rig();
  rig.bound("t", (self: TaskContext) => self.cooldown(-1));
  await rig.send(message("a", "t"));
  await rig.started();
  expect((await rig.failure("a")).code).toBe("SUNBEAT_OPTION_INVALID");
});

test("the turn of a worker that has gone is not waited for longer than for the next one", async () => {
  const rig = new Rig();
  const ran = noting(rig);
  await rig.send(message("a", "t"), message("b", "t"), message("c", "t"));
  const worker = await rig.started();
  await worker.stop();
  await rig.started({ hostname: "w2" });
  await rig.clock.advance(300);
  expect(ran).toEqual(["@0", "@200", "@300"]);
});

test("ends of runs with a limit go with the claim for the next token, where that is near", async () => {
  const rig = new Rig();
  const calls: string[] = [];
  const { consumer } = rig.memory;
  const store = {
    ...rig.memory,
    consumer: {
      ...consumer,
      claim: (...args: Parameters<typeof consumer.claim>) => (calls.push("claim"), consumer.claim(...args)),
      settle: (...args: Parameters<typeof consumer.settle>) => (
        calls.push(`settle ${args[0].length}`),
        consumer.settle(...args)
      ),
    },
  };
  const fast = resolveTaskRate({ limit: 25, per: "1s", burst: 1 }, "rate");
  const ran = noting(rig, fast);
  await rig.send(...Array.from({ length: 20 }, (_, n) => message(`m${n}`, "t")));
  await rig.started({}, store);
  calls.length = 0;
  await rig.clock.advance(400);
  expect(ran).toHaveLength(11);
  // The second of two calls that the first message brought is on its way.
  expect(calls.filter((call) => call === "claim").length).toBeLessThanOrEqual(1);
  expect(calls.length).toBeLessThanOrEqual(11);
});
