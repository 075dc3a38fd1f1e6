/** Messages that a worker does not know, and another may: a deploy rolls, or two apps share a queue. */
import { describe, expect, test } from "vitest";
import type { TaskDefinition } from "../../src/tasks/definition.js";
import { FaultyStore } from "./faulty-store.js";
import { bodyOf, message, Rig, turns } from "./harness.js";

const GRACE_MS = 60_000;
/** Who has met it looks so much later than it comes due. */
const STANDS_BACK_MS = 50;

/** When each delivery of "a" came, in ms since the start. */
function watched(rig: Rig): number[] {
  const startedAt = rig.clock.now();
  const seen: number[] = [];
  const push = rig.events.push.bind(rig.events);
  rig.events.push = (event) => {
    if (event.type === "task-received" && event["id"] === "a") seen.push(rig.clock.now() - startedAt);
    return push(event);
  };
  return seen;
}

const letters = async (rig: Rig): Promise<string[]> =>
  (await rig.memory.deadLetters.list({ limit: 9 })).letters.map(({ id, reason }) => `${id}: ${reason}`);

describe("a message that a worker does not know", () => {
  test.each([
    ["whose task it does not have", "new", bodyOf()],
    ["of a newer form", "t", '{"v":3,"args":[]}'],
  ])("%s runs on another that has it, and no delivery counts", async (_, task, body) => {
    const rig = new Rig();
    rig.task("t", () => "old");
    const old = await rig.started({ unknownTaskGraceMs: GRACE_MS });
    await rig.send(message("a", task, [], { body, maxDeliveries: 1 }));
    await rig.clock.advance(GRACE_MS / 2);
    expect([await rig.state("a"), await letters(rig)]).toEqual(["PENDING", []]);
    const stop = old.stop();
    await rig.clock.advance(10);
    await stop;
    const { deliveries } = await rig.memory.consumer.claim({
      ...{ queues: ["default"], worker: "new", leaseMs: 1_000, max: 9 },
    });
    await rig.clock.advance(10_000);
    const later = await rig.memory.consumer.claim({
      ...{ queues: ["default"], worker: "new", leaseMs: 1_000, max: 9 },
    });
    expect([...deliveries, ...later.deliveries]).toMatchObject([
      { id: "a", deliveries: 1, retries: 0, body },
    ]);
  });

  test.each([
    ["one that was there before", ["new", "old"]],
    ["one that came later", ["old", "new"]],
  ])("goes to %s: who has met it lets others look first when it comes back", async (_, order) => {
    const rig = new Rig();
    rig.task("lately", () => "ran");
    const ids = ["a", "b", "c", "d"];
    const meet = await rig.started(
      { hostname: "first", unknownTaskGraceMs: GRACE_MS },
      rig.memory,
      new Map(),
    );
    await rig.send(...ids.map((id) => message(id, "lately")));
    await turns();
    const stop = meet.stop();
    await rig.clock.advance(0);
    await stop;
    for (const which of order) {
      const registry = which === "new" ? rig.registry : new Map<string, TaskDefinition>();
      await rig.started(
        { hostname: which, unknownTaskGraceMs: GRACE_MS, concurrency: 4 },
        rig.memory,
        registry,
      );
    }
    await rig.clock.advance(5_000);
    expect(await Promise.all(ids.map((id) => rig.state(id)))).toEqual(ids.map(() => "SUCCESS"));
  });

  test("comes back later each time, and is a dead letter after the grace that names task and queue", async () => {
    const rig = new Rig();
    const seen = watched(rig);
    await rig.started({ unknownTaskGraceMs: GRACE_MS });
    await rig.send(message("a", "new"));
    await rig.clock.advance(GRACE_MS - 1);
    expect(await letters(rig)).toEqual([]);
    await rig.clock.advance(1 + STANDS_BACK_MS);
    await turns();
    const pauses = seen.slice(1).map((at, index) => at - seen[index]!);
    // The last one is cut at the end of the grace.
    expect(pauses.slice(0, -1)).toEqual([...pauses.slice(0, -1)].sort((a, b) => a - b));
    expect([seen.length, seen.at(-1)]).toEqual([19, GRACE_MS + STANDS_BACK_MS]);
    expect(await letters(rig)).toEqual([
      "a: Received unregistered task of type 'new'. Did this worker import its module? If another app has it, both take " +
        'from queue "default" of one namespace: give each a namespace or queues of its own.',
    ]);
    expect((await rig.failure("a")).code).toBe("SUNBEAT_TASK_UNKNOWN");
    expect(rig.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  test("has one grace for all workers that do not know it, and a new one when it is redriven", async () => {
    const rig = new Rig();
    const first = await rig.started({ hostname: "w1", unknownTaskGraceMs: GRACE_MS });
    await rig.send(message("a", "new"));
    await rig.clock.advance(GRACE_MS / 2);
    const stop = first.stop();
    await rig.clock.advance(10);
    await stop;
    await rig.started({ hostname: "w2", unknownTaskGraceMs: GRACE_MS });
    await rig.clock.advance(GRACE_MS / 2 - 10 + STANDS_BACK_MS);
    await turns();
    expect(await letters(rig)).toHaveLength(1);
    await rig.memory.deadLetters.redrive(["a"]);
    await rig.clock.advance(GRACE_MS - 1);
    expect(await letters(rig)).toEqual([]);
    await rig.clock.advance(1 + STANDS_BACK_MS);
    await turns();
    expect(await letters(rig)).toHaveLength(1);
  });

  test("keeps its grace when it has waited for long before the first meeting", async () => {
    const rig = new Rig();
    await rig.send(message("a", "new"));
    await rig.clock.advance(3_600_000);
    await rig.started({ unknownTaskGraceMs: GRACE_MS });
    await rig.clock.advance(GRACE_MS - 1);
    expect([await letters(rig), await rig.state("a")]).toEqual([[], "PENDING"]);
  });

  test.each([
    ["keeps no result", { resultTtlMs: 0, idTtlMs: 3_600_000 }],
    ["keeps its result", {}],
  ])("leaves nothing of the first meeting behind where it %s", async (_, changes) => {
    const rig = new Rig();
    const old = await rig.started({ hostname: "old", unknownTaskGraceMs: GRACE_MS });
    await rig.send(message("a", "new", [], changes));
    await turns();
    const stop = old.stop();
    await rig.clock.advance(10);
    await stop;
    rig.task("new", () => 1, { ignoreResult: "resultTtlMs" in changes });
    await rig.started({ hostname: "new", unknownTaskGraceMs: GRACE_MS });
    await rig.clock.advance(10_000);
    const [record] = await rig.memory.results.get(["a"]);
    expect(record?.state ?? null).toBe("resultTtlMs" in changes ? null : "SUCCESS");
    expect(await rig.memory.sender.enqueue([message("a", "new", [], changes)])).toEqual(["duplicate"]);
  });

  test("is judged when the store answers again, and keeps its lease until then", async () => {
    const rig = new Rig();
    let failures = 3;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "get" && failures-- > 0 ? "refused" : "none",
    );
    await rig.started({ unknownTaskGraceMs: GRACE_MS }, faulty.store);
    await rig.send(message("a", "new"));
    await rig.clock.advance(GRACE_MS + 10_000);
    await turns();
    expect(await letters(rig)).toHaveLength(1);
  });

  test("ends as expired or revoked in the meantime", async () => {
    const rig = new Rig();
    await rig.started({ unknownTaskGraceMs: GRACE_MS });
    await rig.send(message("a", "new", [], { expires: { inMs: 20_000 } }), message("b", "new"));
    await rig.clock.advance(10_000);
    await rig.memory.sender.revoke(["b"], { terminate: false, keepMs: 0 });
    await rig.clock.advance(30_000);
    expect([await rig.state("a"), await rig.state("b"), await letters(rig)]).toEqual([
      "REVOKED",
      "REVOKED",
      [],
    ]);
  });
});
