import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Beat } from "../../src/beat/beat.js";
import { every } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/index.js";
import { type Lineup, World } from "./harness.js";
import { faulty, type Faults } from "./faulty-store.js";

const LINEUP: Lineup = { tick: { task: "t", schedule: every("1s"), misfire: "all" } };

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const leading = (beats: readonly Beat[]) => beats.map((beat) => beat.stats().state);

async function several(count: number): Promise<{ beats: Beat[]; faults: Faults[]; stores: Store[] }> {
  const faults: Faults[] = [];
  const stores: Store[] = [];
  const beats: Beat[] = [];
  for (let index = 0; index < count; index++) {
    const wrapped = faulty(world.store, world.clock);
    faults.push(wrapped.faults);
    stores.push(wrapped.store);
    beats.push(await world.started(LINEUP, {}, wrapped.store));
  }
  return { beats, faults, stores };
}

/** Seconds since the start that are in the ledger, sent or not: each once and none missing. */
async function dues(): Promise<number[]> {
  const rows = await world.schedules().history("tick", { limit: 10_000 });
  return rows.map(({ due }) => (due.getTime() - Date.UTC(2027, 0, 1)) / 1_000);
}
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test.each([2, 5])("%i beats on one store: one leads, and each tick is sent once", async (count) => {
  const { beats } = await several(count);
  await world.clock.advance(60_000);
  expect(leading(beats)).toEqual(["leading", ...Array<string>(count - 1).fill("following")]);
  expect(await dues()).toEqual(upTo(60));
  expect(beats.map((beat) => beat.stats().sent)).toEqual([60, ...Array<number>(count - 1).fill(0)]);
});

test("a beat that stops gives the lead up, and another one has it at once", async () => {
  const { beats } = await several(2);
  await world.clock.advance(5_000);
  await beats[0]!.stop();
  await world.clock.advance(0);
  expect(leading(beats)).toEqual(["stopped", "leading"]);
});

test("a killed leader is replaced within its lease, and nothing is lost", async () => {
  const { beats, faults } = await several(2);
  await world.clock.advance(7_300);
  faults[0]!.dead = true;
  await world.clock.advance(15_999);
  expect(leading(beats)[1]).toBe("leading");
  expect(world.log.matching(/following host0/)).toHaveLength(1);
  await world.clock.advance(10_000);
  expect(await dues()).toEqual(upTo(33));
});

test("a leader that cannot renew steps down by itself before its lease ends, and competes again", async () => {
  const { beats, faults } = await several(1);
  await world.clock.advance(5_500);
  faults[0]!.fail = "elect";
  await world.clock.advance(12_500);
  expect(world.events.of("beat-stepped-down")).toEqual([]);
  await world.clock.advance(1_000);
  expect(world.events.of("beat-stepped-down")).toEqual([
    expect.objectContaining({ reason: "the lease was not renewed in time" }),
  ]);
  faults[0]!.fail = null;
  await world.clock.advance(10_000);
  expect(leading(beats)).toEqual(["leading"]);
  expect(await dues()).toEqual(upTo(29));
});

test("a slow answer does not stretch the trust: it counts from the start of the attempt", async () => {
  const { faults } = await several(1);
  await world.clock.advance(4_500);
  Object.assign(faults[0]!, { delay: "elect", delayMs: 4_000 });
  await world.clock.advance(5_000);
  // Renewed by the attempt that began at 5 s and was answered at 9 s; all later ones fail.
  Object.assign(faults[0]!, { delay: null, fail: "elect" });
  await world.clock.advance(8_900);
  expect(world.events.of("beat-stepped-down")).toEqual([]);
  await world.clock.advance(200);
  expect(world.events.of("beat-stepped-down")).toHaveLength(1);
});

test("a paused leader whose tick comes late is fenced: it steps down, and no tick is doubled", async () => {
  const { beats, faults } = await several(2);
  await world.clock.advance(5_500);
  // It read what is due, and its tick reaches the store 40 s later: its process was stopped in between.
  faults[0]!.delay = "tick";
  await world.clock.advance(30_000);
  expect(leading(beats)[1]).toBe("leading");
  await world.clock.advance(60_000);
  faults[0]!.delay = null;
  await world.clock.advance(30_000);
  expect(faults[0]!.answers).toContain("tick fenced");
  expect(await dues()).toEqual(upTo(125));
});

test("a lead that was granted in an answer nobody waited for is given back", async () => {
  const { store, faults } = faulty(world.store, world.clock);
  Object.assign(faults, { delay: "elect", delayMs: 6_000 });
  const beat = await world.started(LINEUP, {}, store);
  await world.clock.advance(5_010);
  expect(beat.stats().trouble).toMatch(/has not answered to "elect"/);
  void beat.stop();
  await world.clock.advance(2_000);
  expect(faults.answers).toEqual(["elect leading"]);
  expect(await world.store.leases.leader()).toBeNull();
});

test("a renewal under way is waited for at the end: nothing reaches the store after stop", async () => {
  const { beats, faults } = await several(1);
  Object.assign(faults[0]!, { delay: "elect", delayMs: 400 });
  await world.clock.advance(5_100);
  const answers: number[] = [];
  void beats[0]!.stop().then(() => answers.push(faults[0]!.answers.length));
  await world.clock.advance(30_000);
  expect(answers).toEqual([faults[0]!.answers.length]);
  expect(world.log.lines.at(-1)).toBe("beat: stopped");
});

test("what was read while the lease ended is not sent to the store any more", async () => {
  const { faults } = await several(1);
  await world.clock.advance(5_500);
  faults[0]!.fail = "elect";
  await world.clock.advance(4_000);
  const { due, tick } = faults[0]!.calls;
  Object.assign(faults[0]!, { delay: "due", delayMs: 9_500 });
  await world.clock.advance(10_500);
  // Asked for before the lease ended, read after it.
  expect(faults[0]!.calls).toMatchObject({ due: due! + 1, tick });
});

describe("how the suite would notice a broken store", () => {
  test("without term check and compare-and-set a paused leader doubles ticks", async () => {
    const broken = (store: Store): Store => ({
      ...store,
      entries: {
        ...store.entries,
        // What a store does that believes every tick: the term is the current one, the cursor the expected one.
        async tick(_term, items) {
          const leader = await store.leases.leader();
          const stored = await store.entries.get(items.map(({ entry }) => entry));
          const believed = items.map((item, index) => ({
            ...item,
            expect: stored[index]?.cursor?.due ?? null,
          }));
          return store.entries.tick(leader?.term ?? "", believed);
        },
      },
    });
    const paused = faulty(broken(world.store), world.clock);
    await world.started(LINEUP, {}, paused.store);
    await world.started(LINEUP, {}, broken(world.store));
    await world.clock.advance(5_500);
    paused.faults.delay = "tick";
    await world.clock.advance(90_000);
    const seen = await dues();
    expect(new Set(seen).size).toBeLessThan(seen.length);
  });
});
