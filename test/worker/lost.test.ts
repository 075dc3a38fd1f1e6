/** A run whose child is gone, from its outcome to what the store, the log and the events say. */
import { describe, expect, test } from "vitest";
import { lostRun, settlementOf } from "../../src/worker/outcome.js";
import { Reporter } from "../../src/worker/report.js";
import { Reservation } from "../../src/worker/reservation.js";
import { message, Rig } from "./harness.js";

const outcome = lostRun("child 4711", { how: "was killed by SIGSEGV", exit: null, signal: "SIGSEGV" });
const error = {
  ...{ name: "TaskError", code: "SUNBEAT_WORKER_LOST", stack: null, cause: null },
  message: "what ran the task is gone: child 4711 was killed by SIGSEGV",
};

/** Claims "a" and settles it as lost; `ttlMs` as the task says. */
async function lose(rig: Rig, ttlMs = 1_000): Promise<void> {
  const request = { queues: ["default"], worker: "w1", leaseMs: 30_000, max: 1 };
  const [delivery] = (await rig.memory.consumer.claim(request)).deliveries;
  const reservation = new Reservation(delivery!, rig.clock.monotonicMs() + 30_000, rig.clock, 0);
  await rig.memory.results.update(reservation.delivery, { state: "STARTED", payload: null }, 1_000);
  const settlement = settlementOf(reservation, outcome, ttlMs, "w1");
  if (settlement === null || settlement === "give-back") throw new Error("a settlement was expected");
  expect((await rig.memory.consumer.settle([settlement], null)).outcomes).toEqual(["settled"]);
  const sink = { emit: (type: string, fields: object) => void rig.events.push({ type, ...fields }) };
  new Reporter(rig.logger, sink, { hostname: "w1", logResults: false }, rig.clock).ended(
    reservation,
    outcome,
    5,
  );
}

const fields = { id: "a", task: "t", queue: "default" };

test("one that may be delivered once more goes back, without a result of its end", async () => {
  const rig = new Rig();
  await rig.send(message("a", "t", [], { maxDeliveries: 2 }));
  await lose(rig);
  expect(await rig.state("a")).toBe("STARTED");
  expect(rig.lines).toEqual([
    "error Task t[a] lost: what ran the task is gone: child 4711 was killed by SIGSEGV. It goes back to the front of its queue (delivery 1 of 2)",
  ]);
  expect(rig.events).toEqual([
    { type: "task-lost", ...fields, deliveries: 1, error, exit: null, signal: "SIGSEGV" },
  ]);
});

describe.each([
  // resultTtlMs  stored     because
  [1_000, "FAILURE", "those who wait for the result are told"],
  [0, null, "nobody asked for a result, and that of before is over"],
])("the last delivery of one with results kept for %i ms", (ttlMs, state, because) => {
  test(`is a dead letter, its result is ${state}: ${because}`, async () => {
    const rig = new Rig();
    await rig.send(message("a", "t", [], { maxDeliveries: 1, resultTtlMs: ttlMs }));
    await lose(rig, ttlMs);
    const letters = (await rig.memory.deadLetters.list({ limit: 2 })).letters;
    expect(letters.map(({ id, reason }) => [id, reason])).toEqual([["a", "worker-lost"]]);
    expect(await rig.state("a")).toBe(state);
    if (state !== null) expect((await rig.failure("a")).code).toBe("SUNBEAT_WORKER_LOST");
    expect(rig.lines).toEqual([
      "error Task t[a] lost: what ran the task is gone: child 4711 was killed by SIGSEGV. That was delivery 1 of 1: it is kept among the " +
        'dead letters of queue "default"',
    ]);
    expect(rig.events).toEqual([
      { type: "task-lost", ...fields, deliveries: 1, error, exit: null, signal: "SIGSEGV" },
      { type: "dead-lettered", ...fields, reason: "worker-lost" },
    ]);
  });
});
