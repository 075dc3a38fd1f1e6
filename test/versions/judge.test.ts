/** The proof that the suite can fail: an old build with one fault beside the present one, and what the judge says of it. */
import { expect, inject, test } from "vitest";
import { FORM, PATIENCE_MS } from "../support/fault-crew.js";
import { type Change, mutated } from "./mutants.js";
import { withMembers } from "./turns.js";

const DURATION_MS = 6_000;
const { dist } = inject("base");

const FAULTS: readonly {
  readonly fault: string;
  readonly changes: readonly Change[];
  readonly broken: RegExp;
}[] = [
  {
    fault: "a beat that ticks in the term of whoever leads, and ignores the cursor",
    changes: [
      { file: "beat/leader.js", find: 'if (election.outcome === "leading")', put: "" },
      {
        file: "beat/leader.js",
        find: "this.#begin(election.term",
        put: "this.#begin(election.term ?? election.leader.term",
      },
      { file: "store/rules/tick.js", find: "if (due !== item.expect)", put: "if (false)" },
    ],
    broken: /^D1: .* is in the ledger 2 times$/,
  },
  {
    fault: "a worker whose ends never reach the store",
    changes: [
      {
        file: "store/rules/settle.js",
        find: "settlements.map((settlement) => settleOne(records, settlement))",
        put: 'settlements.map(() => "settled")',
      },
    ],
    broken: /^doubled: .* ran in old-worker/,
  },
  {
    fault: "a worker that settles what it has not run",
    changes: [
      {
        file: "worker/executor.js",
        find: "await (definition.bind ? fn(context, ...args) : fn(...args))",
        put: "0",
      },
    ],
    broken: /^E1: .* never ran$/,
  },
  {
    fault: "a sender whose messages the other cannot read",
    changes: [
      {
        file: "tasks/envelope.js",
        find: '"args":${encodePayload(',
        put: '"args":7,"arguments":${encodePayload(',
      },
    ],
    broken: /^new-worker.* made a dead letter of /,
  },
  {
    fault: "an editor that is refused with an error of its own",
    changes: [
      {
        file: "beat/schedules.js",
        find: "async pause(name) {",
        put: 'async pause(name) { throw new TypeError("mutant");',
      },
    ],
    broken: /^an edit of old-editor.* was refused without a code: TypeError: mutant$/,
  },
];

const MOST_TRIES = 3;

test.each(FAULTS)(
  "the judge tells of $fault",
  { timeout: 6 * PATIENCE_MS },
  async ({ changes, broken: expected }) => {
    const mutant = mutated(dist, changes);
    try {
      // Whether a fault does harm is a matter of moments: on a busy machine it may be spared one run.
      let told = 0;
      for (let tries = 0; told === 0 && tries < MOST_TRIES; tries++) {
        await withMembers("sqlite", { old: mutant.dist, lease: 2 }, async ({ crew, members, judged }) => {
          await members.takeTurns(FORM.random, DURATION_MS);
          await members.endSenders();
          await crew.drain(members.options("new")).catch(() => undefined); // the fault may leave something for good
          const { broken } = await judged();
          told = broken.filter((each) => expected.test(each)).length;
        });
      }
      expect(told).toBeGreaterThan(0);
    } finally {
      mutant.dispose();
    }
  },
);
