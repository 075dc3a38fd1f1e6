/** Graphs: a cancel before, between and after all steps of workers that claim, settle, add, replace themselves and retry. */
import assert from "node:assert/strict";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { adds, chainInstead } from "./graph-grow.js";
import { chordOf, graphOf, keepHouse, open, part, settlement, statesOf } from "./graph-samples.js";
import type { ConformanceCase } from "./harness.js";
import { claim, done } from "./samples.js";

/** Whether a member fails. */
const WORKS: Readonly<Record<string, boolean>> = {
  "a chord whose members add, replace themselves and retry": false,
  "such a chord with a member that fails": true,
};
const STEPS = 21;

/** How the next run of a part ends. */
function endOf(delivery: Delivery, fails: boolean): Settlement {
  if (delivery.id === "g:0") return settlement(delivery, { grow: adds("0", 2) });
  if (delivery.id === "g:1") return settlement(delivery, { grow: chainInstead("1") });
  if (delivery.id === "g:2" && delivery.retries === 0)
    return { ...done(delivery, null), kind: "retry", delayMs: 0 };
  return settlement(delivery, fails && delivery.id === "g:3" ? "fail" : "value");
}

/** A worker of two runs claims, settles the first that it has, claims, and so on; gives the number of steps. */
async function work(store: Store, fails: boolean, cancelBefore: number): Promise<number> {
  const held: Delivery[] = [];
  let [step, cancelled, isIdle] = [0, "", false];
  const cancelInTime = async (): Promise<void> => {
    if (step++ === cancelBefore) cancelled = await store.graphs.cancel("g", { terminate: false });
  };
  while (!isIdle) {
    await cancelInTime();
    const { deliveries, nextWakeAt, now } = await claim(store, { max: 2 - held.length });
    const begun = deliveries.map(({ id }) => id);
    if (cancelled === "cancelled") assert.deepEqual(begun, [], "it began after the cancel");
    held.push(...deliveries);
    const first = held.shift();
    isIdle = !first && (nextWakeAt ?? Infinity) > now;
    if (!first) continue;
    await cancelInTime();
    assert.deepEqual((await store.consumer.settle([endOf(first, fails)], null)).outcomes, ["settled"]);
  }
  await keepHouse(store);
  const { state, size, succeeded, failed, unrun, open: left } = await graphOf(store);
  assert.equal(left, 0);
  assert.equal(succeeded + failed + unrun, size);
  const states = Object.values(await statesOf(store));
  assert(!states.some((each) => ["blocked", "waiting", "running"].includes(each)), states.join(", "));
  const ended = fails ? "failed" : "succeeded";
  assert.equal(state, cancelled === "cancelled" ? "revoked" : ended);
  for (const counts of await store.queues.counts()) {
    const { ready, scheduled, leased } = counts;
    assert.equal(ready + scheduled + leased, 0, JSON.stringify(counts));
  }
  return step;
}

export const raceCases: ConformanceCase[] = Object.entries(WORKS).flatMap(([name, fails]) =>
  Array.from({ length: STEPS + 1 }, (_, cancelBefore) => ({
    group: "graphs: cancel races",
    name: `of ${name}, at step ${cancelBefore} of ${STEPS}, nothing begins any more, and all of it ends`,
    because: "whoever cancels knows nothing of those who work",
    async run({ store }) {
      const [parts, [members, ...lists]] = chordOf(4);
      const callback = part(6, { pending: 4 });
      const edges = [...members!.edges, { to: "g:6", kind: "failure" } as const];
      await open(store, [...parts, callback], [{ ...members!, edges }, ...lists], 5);
      const all = await work(store, fails, cancelBefore);
      // The last case cancels nothing: so the others come between all there is.
      if (cancelBefore === STEPS) assert.equal(all, STEPS);
    },
  })),
);
