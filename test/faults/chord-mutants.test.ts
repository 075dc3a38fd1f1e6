/**
 * Directed faults against what keeps a chord from hanging and from running twice, and the proof that the suite can fail: for each
 * check of the scripts there is a mutant that lacks it, and the scenario that holds under the real scripts breaks a promise
 * under the mutant.
 */
import { describe, expect, inject, test } from "vitest";
import { judgeChords } from "../support/chord-invariants.js";
import { CHORD_PROGRAM, type ChordPlan, isOver, type Manner } from "../support/chords.js";
import { type Crew, type Mutant, PATIENCE_MS, pause, type Point, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { ownNamespace } from "../support/redis-harness.js";

/** Longer than the lease of a second by so much that another has it by then. */
const STALL_MS = 2_000;
/** Under a mutant a chord may never be over. */
const MUTANT_PATIENCE_MS = 6_000;

const GOES = 3;

type Start = (role: "worker" | "sender", points?: readonly Point[]) => void;

interface Scenario {
  readonly manners: readonly Manner[];
  readonly memberMs?: number;
  /** A member has two ends, since it is put back by hand. */
  readonly endsTwice?: boolean;
  /** Ends once nothing but the end of the chord is to be waited for. */
  readonly act: (crew: Crew, start: Start, plan: ChordPlan) => Promise<void>;
}

const some = (manner: Manner, count: number): Manner[] => Array.from({ length: count }, () => manner);

async function runs(crew: Crew, start: Start): Promise<void> {
  start("sender");
  start("worker");
  await crew.until("the first run", () => linesOf(crew.log, "part").length > 0);
}

/** Between the end of a member and telling of it; another worker is at the same member meanwhile. */
const stalledWorker: Scenario = {
  manners: some("plain", 1),
  memberMs: STALL_MS,
  act: async (crew, start) => {
    start("sender");
    start("worker", [{ at: "before-settle", act: "stall", ms: STALL_MS }]);
    await crew.until("the stall", () => linesOf(crew.log, "point").length === 1);
    start("worker");
  },
};

/** A dead letter of a graph that is over is put back by hand, and ends once more. */
const redriven: Scenario = {
  manners: [...some("plain", 3), "rejects"],
  endsTwice: true,
  act: async (crew, start, plan) => {
    await runs(crew, start);
    await crew.until("the end", () => isOver(crew, [plan]));
    const { deadLetters } = await crew.store();
    const ends = (): number => linesOf(crew.log, "settle").filter(({ how }) => how === "dead").length;
    expect(await deadLetters.redrive([`${plan.id}:3`])).toBe(1);
    await crew.until("its second end", () => ends() === 2);
    expect(await deadLetters.delete([`${plan.id}:3`])).toBe(1);
  },
};

const twoFailures: Scenario = { manners: [...some("plain", 3), "fails", "fails"], act: runs };

const growing: Scenario = {
  manners: [...some("adds", 2), ...some("plain", 3)],
  memberMs: 300,
  act: runs,
};

/** The sender dies when the first portion of two is stored; later another one sends the same. */
const deadSender: Scenario = {
  manners: some("plain", 600),
  act: async (crew, start) => {
    start("worker");
    start("sender", [{ at: "after-open", act: "crash" }]);
    await crew.until("the crash", () => linesOf(crew.log, "point").length === 1);
    // So long that a worker has claimed several times.
    await pause(2_000);
    start("sender");
  },
};

/** What the checker says after the scenario. */
async function broken(
  { manners, memberMs, act, endsTwice = false }: Scenario,
  mutants: readonly Mutant[],
): Promise<readonly string[]> {
  const broker = `${inject("redisUrl")}/0?namespace=${ownNamespace()}`;
  return withCrew({ broker, program: CHORD_PROGRAM, entries: 0 }, async (crew) => {
    const plan = { id: "chord", manners };
    const start: Start = (role, points = []) =>
      void crew.start(role, { role, mutants, points, extras: { memberMs, chords: [plan] } });
    await act(crew, start, plan);
    const limitMs = mutants.length > 0 ? MUTANT_PATIENCE_MS : PATIENCE_MS;
    const over = crew.until("the end of the chord", () => isOver(crew, [plan]), limitMs);
    if (mutants.length > 0) await over.catch(() => undefined);
    else await over;
    await crew.endAll();
    const verdict = await judgeChords(await crew.store(), [plan], crew.log, { rolledBack: endsTwice });
    return [...verdict.broken, ...crew.surprises];
  });
}

describe.concurrent("chords", () => {
  test.each([
    ["a stalled worker's late end is refused", stalledWorker],
    ["a part that ends once more is not counted once more", redriven],
    ["an error callback is called once for two failures", twoFailures],
    ["the body waits for members that were added", growing],
    ["nothing runs of a graph whose sender died in the middle", deadSender],
  ] as const)(
    "%s",
    async (_, scenario) => {
      expect(await broken(scenario, [])).toEqual([]);
    },
    3 * PATIENCE_MS,
  );

  test.each([
    [
      "the token is not compared",
      stalledWorker,
      [
        {
          script: "settle",
          find: "read_leased(token, states[id])",
          put: 'read_leased(match(states[id] or "", "^%S+ (%S+)") or token, states[id])',
        },
        // The fast path compares it, too, and leaves the rest to the whole script.
        { script: "settle", find: "string.sub(state, 1, #start) ~= start", put: "false" },
      ],
      /^E2: .* from delivery 1 after delivery 2$/,
    ],
    [
      "a part may end twice",
      redriven,
      [
        { script: "library", find: 'if part and part.state == "w" then', put: "if part then" },
        { script: "library", find: "ended.state and is_open_part(ended.part)", put: "ended.state" },
      ],
      /^chord: its counts are/,
    ],
    [
      "a part may begin twice",
      twoFailures,
      [{ script: "library", find: 'if part.state ~= "b" then return end', put: "" }],
      /^chord: /,
    ],
    [
      "a part that is added is not waited for",
      growing,
      [{ script: "library", find: "(number_of(target.id) or 0) + size", put: "number_of(target.id)" }],
      /^chord: (its body was given the values|its counts are)/,
    ],
    [
      "a graph begins with its first portion",
      deadSender,
      [{ script: "graph-open", find: 'if arg_seal == "1" then', put: "if true then" }],
      /^chord: .* ran before the graph was sealed$/,
    ],
  ] as const)(
    "it is noticed when %s",
    async (_, scenario, mutants, complaint) => {
      let complaints: readonly string[] = [];
      let expected: readonly string[] = [];
      // On a slow machine a stalled worker's successor may come too late to do harm.
      for (let go = 0; go < GOES && expected.length === 0; go++) {
        complaints = await broken(scenario, mutants);
        expected = complaints.filter((each) => complaint.test(each));
      }
      expect(expected).not.toEqual([]);
      // It is a promise that broke, and not the scenario.
      expect(complaints.filter((each) => !/^(E2|chord): /.test(each))).toEqual([]);
    },
    GOES * 3 * PATIENCE_MS,
  );
});
