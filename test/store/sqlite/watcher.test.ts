import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock, type Timer } from "../../../src/core/clock.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { message, newFolder, openStore } from "./files.js";

/** Counts the timers that were asked for. */
class CountingClock extends ManualClock {
  asked = 0;

  override after(delayMs: number, fn: () => void): Timer {
    this.asked++;
    return super.after(delayMs, fn);
  }
}

test.skipIf(process.platform !== "linux")(
  "at rest a waiting store wakes up twice a second, not more",
  async () => {
    const clock = new CountingClock();
    const store = await openStore(join(newFolder(), "store.db"), {}, { clock });
    await store.channel.subscribe("t", () => undefined);
    await clock.advance(1_000);
    clock.asked = 0;
    await clock.advance(10_000);
    expect(clock.asked).toBe(20);
  },
);

test("a store that is not shared sets no timer, however long it waits", async () => {
  const clock = new CountingClock();
  const store = await openStore(join(newFolder(), "store.db"), { shared: false }, { clock });
  const heard: string[] = [];
  await store.channel.subscribe("t", (payload) => void heard.push(payload));
  await store.consumer.listen(["q"]);
  store.results.wait("a", new AbortController().signal).catch(() => undefined); // rejects when the store is closed
  await clock.advance(365 * 24 * 3_600_000);
  await store.channel.publish("t", "1");
  expect({ asked: clock.asked, heard }).toEqual({ asked: 0, heard: ["1"] });
});

test("a store that is not shared looks for the end of a message that comes to wait after the wait for it began", async () => {
  const clock = new CountingClock();
  const store = await openStore(join(newFolder(), "store.db"), { shared: false }, { clock });
  const wait = store.results.wait("a", new AbortController().signal);
  await clock.advance(60_000);
  await store.sender.enqueue([message("a", { expires: { inMs: 20_000 } })]);
  const { deliveries } = await store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 60_000, max: 1 });
  await clock.advance(20_000);
  await store.consumer.giveBack(deliveries);
  await clock.advance(5_000);
  expect(await wait).toMatchObject({ state: "REVOKED", reason: "expired" });
});

test("short waits one after the other do not put the look at other processes off", async () => {
  const path = join(newFolder(), "store.db");
  const here = await openStore(path, {}, { clock: systemClock });
  const there = await openStore(path, {}, { clock: systemClock });
  const arrivals = await here.consumer.listen(["q"]);
  // A timer never fires early, so a wait that is over before its time was ended by an arrival. A loaded machine may hide
  // that in one wait, not in all of them.
  let woken = false;
  for (let waits = 0; !woken && waits < 500; waits++) {
    await there.sender.enqueue([message(`a${waits}`)]);
    const before = systemClock.monotonicMs();
    await arrivals.wait(10, new AbortController().signal);
    woken = systemClock.monotonicMs() - before < 10;
  }
  expect(woken).toBe(true);
});
