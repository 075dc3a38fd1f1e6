/**
 * Directed faults against what fences stalled and repeated steps, and the proof that the suite can fail: for each check of
 * the scripts there is a mutant that lacks it, and the scenario that holds under the real scripts breaks a promise under
 * the mutant. The stalls are at named points, since a process stopped at random is seldom between reading and writing.
 */
import { describe, expect, inject, test } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { Crew, type Mutant, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { judge } from "../support/invariants.js";
import { ownNamespace } from "../support/redis-harness.js";

/** Each check is twice in its script: on the fast path, and on the long one. */
const NO_TERM: readonly Mutant[] = [
  {
    script: "tick",
    find: "if term ~= arg_term or not ends_at or tonumber(ends_at) <= now then",
    put: "if false then",
  },
];
const NO_CURSOR: readonly Mutant[] = [
  { script: "tick", find: 'if entry_state.due ~= item.expect then return "moved" end', put: "" },
  { script: "tick", find: "or stored ~= expected", put: "" },
];
const NO_TOKEN: readonly Mutant[] = [
  {
    script: "settle",
    find: "read_leased(token, states[id])",
    put: 'read_leased(match(states[id] or "", "^%S+ (%S+)") or token, states[id])',
  },
  {
    script: "settle",
    find: 'local start = "l " .. settled[at - 2] .. " "',
    put: 'local start = match(state or "", "^l %S+ ") or "-"',
  },
];

/** Longer than the lease of a second by so much that another has it by then. */
const STALL_MS = 2_000;

interface Scenario {
  readonly entries: number;
  act(crew: Crew, mutants: readonly Mutant[], broker: string): Promise<void>;
}

const STALL = { at: "before-tick", passing: 10, act: "stall", ms: STALL_MS } as const;

/** On a machine so busy that the process loses the lead before, it never comes. */
const STALL_COMES_MS = PATIENCE_MS / 3;

async function pastTheStall(crew: Crew): Promise<void> {
  const stalled = (): boolean => linesOf(crew.log, "point").some(({ act }) => act === "stall");
  await crew.until("the stall", stalled, STALL_COMES_MS);
  await pause(STALL_MS + crew.leaseMs);
}

/** Between reading what is due and sending it; the next leader sends the same meanwhile. */
const stalledLeader: Scenario = {
  entries: 20,
  async act(crew, mutants) {
    const leader = crew.start("beat", { role: "beat", mutants, points: [STALL] });
    await leader.printed("ready");
    crew.start("beat", { role: "beat", mutants });
    await pastTheStall(crew);
  },
};

/** As above; but the next leader gets nothing done, so the cursors are still where the stalled one read them. */
const stalledLeaderWithIdleSuccessor: Scenario = {
  entries: 20,
  async act(crew, mutants) {
    const leader = crew.start("beat", { role: "beat", mutants, points: [STALL] });
    await leader.printed("ready");
    // Longer than a beat waits for an answer.
    const idle = { at: "before-due", passing: 1, times: 6, act: "delay", ms: 900 } as const;
    crew.start("beat", { role: "beat", mutants, points: [idle] });
    await pastTheStall(crew);
  },
};

/** As by a client that did not hear the answer. */
const repeatedTick: Scenario = {
  entries: 20,
  async act(crew, mutants) {
    const twice = { at: "before-tick", passing: 5, times: 3, act: "twice" } as const;
    crew.start("beat", { role: "beat", mutants, points: [twice] });
    await crew.until("three repeated ticks", () => linesOf(crew.log, "point").length === 3);
    await pause(1_500);
  },
};

/** Between the end of a task and telling of it; another worker is at the same task meanwhile. */
const stalledWorker: Scenario = {
  entries: 0,
  async act(crew, mutants, broker) {
    const sender = new Sunbeat("sender", { broker });
    const stall = { at: "before-settle", passing: 1, act: "stall", ms: STALL_MS } as const;
    const first = crew.start("worker", { role: "worker", mutants, points: [stall] });
    await first.printed("ready");
    try {
      // So long that the second is still at it when the first comes back.
      const sent = await sender.sendTask("work", [STALL_MS]);
      await crew.until("the first run", () => linesOf(crew.log, "run").length === 1);
      const second = crew.start("worker", { role: "worker", mutants });
      await pastTheStall(crew);
      await crew.until("the end of the second run", () =>
        linesOf(crew.log, "settle").some(({ by }) => by === second.name),
      );
      if (mutants.length > 0) return;
      expect(await sent.get({ timeout: PATIENCE_MS / 1_000 })).toBe(second.name);
    } finally {
      await sender.close();
    }
  },
};

const GOES = 3;

/** What the checker says after the scenario, which has three goes to come about. */
async function broken(scenario: Scenario, mutants: readonly Mutant[]): Promise<readonly string[]> {
  for (let go = 1; ; go++) {
    try {
      return await brokenIn(scenario, mutants);
    } catch (error) {
      if (go === GOES || !(error instanceof Error && /^never came: the stall/.test(error.message)))
        throw error;
    }
  }
}

async function brokenIn(scenario: Scenario, mutants: readonly Mutant[]): Promise<readonly string[]> {
  const broker = `${inject("redisUrl")}/0?namespace=${ownNamespace()}`;
  return withCrew({ broker, entries: scenario.entries }, async (crew) => {
    await scenario.act(crew, mutants, broker);
    await crew.drain();
    const verdict = await judge(await crew.store(), crew.expectations, crew.log);
    return [...verdict.broken, ...crew.surprises];
  });
}

describe.concurrent("fencing", () => {
  test.each([
    ["a stalled leader does not send what its successor has sent", stalledLeader],
    ["a stalled leader sends nothing once another leads", stalledLeaderWithIdleSuccessor],
    ["a tick that is sent again is not done again", repeatedTick],
    ["a stalled worker's late end is refused, and the result is its successor's", stalledWorker],
  ] as const)(
    "%s",
    async (_, scenario) => {
      expect(await broken(scenario, [])).toEqual([]);
    },
    3 * PATIENCE_MS,
  );

  test.each([
    ["neither term nor cursor is looked at", stalledLeader, [...NO_TERM, ...NO_CURSOR], /^D1: .* 2 times$/],
    ["the term is not looked at", stalledLeaderWithIdleSuccessor, NO_TERM, /^T: term .* another had begun$/],
    ["the cursor is not compared", repeatedTick, NO_CURSOR, /^D1: .* 2 times$/],
    ["the token is not compared", stalledWorker, NO_TOKEN, /^E2: .* from delivery 1 after delivery 2$/],
  ] as const)(
    "it is noticed when %s",
    async (_, scenario, mutants, complaint) => {
      let expected: readonly string[] = [];
      let others: readonly string[] = [];
      // On a slow machine the successor may come too late to do harm, or an entry be never sent.
      for (let go = 0; go < GOES && (expected.length === 0 || others.length > 0); go++) {
        const complaints = await broken(scenario, mutants);
        expected = complaints.filter((each) => complaint.test(each));
        others = complaints.filter((each) => !/^(D1|T|E2): /.test(each));
      }
      expect(expected).not.toEqual([]);
      // It is that promise that broke, and not the scenario.
      expect(others).toEqual([]);
    },
    9 * PATIENCE_MS,
  );
});
