/**
 * The checker of the lock suites on histories made by hand: what it excuses since a process was harmed, and what it does
 * not. Those of locks-directed.test.ts come from broken scripts.
 */
import { describe, expect, test } from "vitest";
import type { LockEvent, LockRecord } from "../../src/store/contracts/lock-inspection.js";
import type { Harm } from "../support/lock-history.js";
import { judgeLocks, type LockVerdict } from "../support/lock-invariants.js";
import type { LockLine } from "../support/lock-log.js";

const LOCK = "ledger";
const fenceAt = (at: number): number => at * 1_000;

const row = (event: LockEvent, id: string, at: number, fence: number | null): LockRecord => ({
  ...{ row: `${at}-${event}-${id}`, lock: LOCK, event, kind: "process", id, label: "host:1", fence, at },
  ...{ waitedMs: null, heldMs: null },
});

/** A waiter's name is its process and a number: "b1" is the first acquisition of b. */
const processOf = (waiter: string): string => waiter.slice(0, 1);

const asks = (waiter: string, at: number): LockLine[] => [
  { what: "asks", by: processOf(waiter), at, waiter, lock: LOCK },
];
const lines = (waiter: string, at: number): LockLine[] => [
  ...asks(waiter, at),
  { what: "waits", by: processOf(waiter), at, waiter, lock: LOCK },
];
const granted = (waiter: string, at: number, grantedAt = at): LockLine[] => {
  const [by, token, fence] = [processOf(waiter), `t${grantedAt}`, fenceAt(grantedAt)];
  return [{ what: "granted", by, at, waiter, lock: LOCK, token, fence, until: at + 1_000 }];
};
const releases = (waiter: string, at: number, token: number): LockLine[] => [
  { what: "releases", by: processOf(waiter), at: at - 1, token: `t${token}` },
  { what: "released", by: processOf(waiter), at, token: `t${token}` },
];
const leaves = (waiter: string, at: number): LockLine[] => [
  { what: "cancels", by: processOf(waiter), at: at - 2, waiter, atGrant: true },
  { what: "left", by: processOf(waiter), at, waiter, atGrant: true },
];
const gave = (waiter: string, at: number): LockRecord => row("acquired", waiter, at, fenceAt(at));
const ended = (event: LockEvent, waiter: string, from: number, at: number): LockRecord =>
  row(event, waiter, at, fenceAt(from));

const verdict = (log: LockLine[], records: LockRecord[], harms: Harm[]): LockVerdict =>
  judgeLocks(log, { capacities: { [LOCK]: 1 }, leaseMs: 1_000, harms, records });
const judge = (log: LockLine[], records: LockRecord[], harms: Harm[] = []): readonly string[] =>
  verdict(log, records, harms).broken;

/** a has it from 1,000 to 2,000 and gives it back; b is first in line, c behind it and gets it at `next`. */
function story(ofB: LockLine[], next: number): LockLine[] {
  const before = [...asks("a1", 999), ...granted("a1", 1_000), ...lines("b1", 1_100), ...lines("c1", 1_200)];
  const after = [...granted("c1", next), ...releases("c1", next + 50, next)];
  return [...before, ...releases("a1", 2_000, 1_000), ...ofB, ...after];
}

/** The same by the store, where b had it from 2,000 until c got it. */
function account(endOfB: LockEvent, next: number): LockRecord[] {
  return [
    ...[gave("a1", 1_000), row("waiting", "b1", 1_100, null), row("waiting", "c1", 1_200, null)],
    ...[ended("released", "a1", 1_000, 2_000), gave("b1", 2_000), ended(endOfB, "b1", 2_000, next)],
    ...[gave("c1", next), ended("released", "c1", next, next + 50)],
  ];
}

const TOLD_OF_B = `b got fence ${fenceAt(2_000)} at 2000`;
const stopped: Harm = { by: "b", from: 1_990, to: 3_500 };

describe("a place that nobody of the log holds", () => {
  test("is excused while the store says that one had it who was stopped", () => {
    expect(judge(story([], 3_005), account("lost", 3_005), [stopped])).toEqual([]);
  });

  test("is excused while all who wait stood still, whatever the suite did to one of them later", () => {
    const still: LockLine[] = ["b", "c"].map((by) => ({ what: "stalled", by, from: 2_010, at: 3_490 }));
    const killed: Harm = { by: "b", from: 3_495, to: 5_495 };
    const records = [gave("a1", 1_000), ended("released", "a1", 1_000, 2_000), gave("c1", 3_500)];
    const isFree = (each: string): boolean => each.includes("a place was free");
    expect(judge(story(still, 3_500), records, [killed]).filter(isFree)).toEqual([]);
    expect(judge(story([], 3_500), records, [killed]).filter(isFree)).not.toEqual([]);
  });

  test("is excused so also where that one had heard of an earlier permit of the same acquisition, too late", () => {
    const log = story([], 3_005);
    const late = [...lines("b1", -10), ...granted("b1", 0)];
    const before = [gave("b1", 0), ended("lost", "b1", 0, 1_000)];
    const laterLine = log.filter((line) => !("waiter" in line && line.waiter === "b1"));
    expect(judge([...late, ...laterLine], [...before, ...account("lost", 3_005)], [stopped])).toEqual([]);
  });

  test("is not free while one that was stopped has not yet fetched what it gives back later", () => {
    const ofB = [...granted("b1", 2_950, 2_000), ...releases("b1", 3_005, 2_000)];
    const harm = { ...stopped, to: 2_949 };
    const { broken, figures } = verdict(story(ofB, 3_005), account("released", 3_005), [harm]);
    expect([broken, figures["worstIdleMs"]]).toEqual([[], 0]);
  });

  test("is not excused for longer than the lease", () => {
    expect(judge(story([], 4_500), account("lost", 4_500), [stopped])).toEqual([
      `${LOCK}: a place was free from 3000 for 1500 ms while c waited; the store says: ${TOLD_OF_B}, lost at 4500`,
    ]);
  });

  test("is not excused when the one that the store gave it to was well", () => {
    expect(judge(story([], 2_900), account("lost", 2_900))).toEqual([
      `${LOCK}: it did not hear of its permit and was not harmed: ${TOLD_OF_B}, lost at 2900`,
    ]);
  });

  test("is not excused when the store gave it to nobody, whoever was harmed", () => {
    const records = account("lost", 3_005).filter(({ fence }) => fence !== fenceAt(2_000));
    expect(judge(story([], 3_005), records, [stopped])).toContain(
      `${LOCK}: a place was free from 2000 for 1005 ms while c waited; the store says: nobody had it`,
    );
  });
});

describe("one who turns away as it is granted it", () => {
  test("gives it back", () => {
    expect(judge(story(leaves("b1", 2_005), 2_005), account("released", 2_004))).toContain(
      `${LOCK}: the history of the store does not tell that c got fence ${fenceAt(2_005)}`,
    );
    expect(judge(story(leaves("b1", 2_005), 2_004), account("released", 2_004))).toEqual([]);
  });

  test("must not leave it to its lease", () => {
    expect(judge(story(leaves("b1", 2_005), 3_000), account("lost", 3_000))).toContain(
      `${LOCK}: it did not hear of its permit and was not harmed: ${TOLD_OF_B}, lost at 3000`,
    );
  });
});

describe("a run that tells of its fence after the next one", () => {
  const run = (by: string, grantedAt: number, at: number): LockLine[] => {
    const [waiter, token] = [`${by} ${grantedAt}`, `t${grantedAt}`];
    return [{ what: "granted", by, at, waiter, lock: LOCK, token, fence: fenceAt(grantedAt), until: at }];
  };
  const log = [...run("b", 2_100, 2_101), ...run("a", 1_000, 2_200)];
  const complaint = `fence ${fenceAt(1_000)} of a came after ${fenceAt(2_100)} (${LOCK})`;

  test.each<[harms: Harm[], complaints: string[], because: string]>([
    // harms                                     complaints    because
    [[], [complaint], "nothing kept it from starting in time"],
    [[{ by: "a", from: 1_050, to: 2_199 }], [], "it stood still when the lock went to the next"],
    [[{ by: "a", from: 1_050, to: 2_050 }], [complaint], "it was well again by then"],
    [[{ by: "b", from: 1_050, to: 2_199 }], [complaint], "it was another that stood still"],
  ])("stopped %j: %j, because %s", (harms, complaints) => {
    expect(judge(log, [], harms)).toEqual(complaints);
  });

  test("is never excused for one that asked in time", () => {
    const asked = [...asks("b1", 2_000), ...granted("b1", 2_100), ...asks("a1", 2_101)];
    const harms = [{ by: "a", from: 1_050, to: 2_199 }];
    expect(judge([...asked, ...granted("a1", 2_200, 1_000)], [], harms)).toContain(complaint);
  });
});
