import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countDrift, driftKindOf, type DriftKind } from "../../src/beat/drift.js";
import { every } from "../../src/schedules/index.js";
import { type Lineup, World } from "./harness.js";

const OURS = "code:test";
const stored = { owner: OURS, version: 1, revision: "r1", disabled: null, pausedAt: null };
const entry = { revision: "r1" };

test.each<
  [DriftKind | null, { readonly revision: string } | null, Partial<typeof stored> | null | object, string]
>([
  [null, entry, {}, "as declared"],
  [null, null, null, "neither declared nor stored"],
  ["missing", entry, null, "nobody has applied it"],
  ["taken", entry, { owner: "runtime" }, "somebody set the name at run time"],
  ["taken", entry, { owner: "code:other" }, "another app declares it"],
  [null, null, { owner: "runtime" }, "entries of run time are none of ours"],
  ["changed", entry, { revision: "r0" }, "the store sends something else"],
  ["changed", entry, { revision: "r0", pausedAt: 5 }, "its definition counts more than a pause"],
  ["undeclared", null, {}, "no code has it"],
  [null, null, { disabled: "left-code" }, "it has left the code, and the store knows"],
  [null, null, { disabled: "renamed" }, "it goes on under another name"],
  [null, null, { version: 2 }, "a newer deploy declares it"],
  ["newer", entry, { version: 2, revision: "r2" }, "a newer deploy declares it otherwise"],
  [null, entry, { version: 2 }, "a newer deploy declares the same"],
  ["older", entry, { version: 0 }, "nobody has applied this version"],
  ["disabled", entry, { disabled: "left-code" }, "it is in the code again, and nobody has applied that"],
  ["disabled", entry, { disabled: "invalid" }, "a beat could not read it"],
  [null, entry, { disabled: "ended" }, "its schedule is over"],
  [null, entry, { disabled: "max-runs" }, "it has had all its runs"],
  [null, entry, { disabled: "disabled" }, "it is declared so"],
  ["paused", entry, { pausedAt: 5 }, "an operator has paused it"],
])("%s", (kind, declared, found) => {
  const ours = { entry: declared, owner: OURS, version: 1 };
  expect(driftKindOf(ours, found === null ? null : { ...stored, ...found })).toBe(kind);
});

test("counts are in the order of kinds, without those that are none", () => {
  const drift = (["paused", "missing", "paused"] as const).map((kind) => ({ entry: "e", kind }));
  expect(Object.entries(countDrift(drift))).toEqual([
    ["missing", 1],
    ["paused", 2],
  ]);
});

describe("a beat that does not register", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(() => world.stop());
  const lineup: Lineup = { a: { task: "t", schedule: every("1h") }, b: { task: "t", schedule: every("2h") } };
  const names = async () => (await world.store.entries.list({ limit: 10 })).map(({ name }) => name);

  test("writes nothing, and tells what differs", async () => {
    const beat = await world.started(lineup, { register: "apply" });
    expect(await names()).toEqual([]);
    expect(beat.stats()).toMatchObject({ state: "leading", registration: null, drift: [{}, {}] });
    expect(world.events.of("schedule-drift")).toEqual([
      { count: 2, kinds: { missing: 2 }, entries: ["a", "b"] },
    ]);
    expect(world.log.matching(/not stored as the code declares them \(2 missing\)/)).toHaveLength(1);
  });

  test("sends what is stored, and says nothing where that is as declared", async () => {
    const first = await world.started(lineup);
    await first.stop();
    await world.started(lineup, { register: "apply" });
    expect(world.events.of("schedule-drift")).toEqual([]);
    await world.clock.advance(3_600_000);
    expect(await world.history("a")).toEqual(["01:00:00 sent"]);
  });

  test("says that the store has lost its entries, and leaves it at that", async () => {
    await world.started(lineup, { register: "apply" });
    expect(world.log.matching(/lost every entry of this app; sunbeat schedule apply/)).toHaveLength(1);
    expect(await names()).toEqual([]);
  });
});
