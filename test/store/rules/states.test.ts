/** The moves of a message as data, beside those that the stores make of it while they pass the conformance suite. */
import { afterEach, expect, test, vi } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openMemoryStore } from "../../../src/store/memory/index.js";
import { MemoryMessages } from "../../../src/store/memory/message-records.js";
import { FIRST_STATES, MOVES } from "../../../src/store/rules/states.js";
import { MessageTable } from "../../../src/store/sqlite/message-table.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { storeConformance } from "../../conformance/suite.js";
import { newFolder, openStore } from "../sqlite/files.js";

afterEach(() => void vi.restoreAllMocks());

const MOVING = [
  ...["insertUnlessKnown", "insertBuffered", "lease", "promote", "requeue", "postpone", "block", "unblock"],
  ...["sendBuffered", "insertPart", "sendPart", "deadLetter", "redrive", "remove", "rewrite"],
] as const;

type Move = (...args: readonly unknown[]) => unknown;

/** Notes each change of state as "from to"; a message begins and ends as "gone". */
function watch(prototype: MemoryMessages | MessageTable): Set<string> {
  const seen = new Set<string>();
  const methods = prototype as unknown as Record<string, Move>;
  for (const name of MOVING) {
    const move = methods[name];
    if (!move) throw new Error(`there is no move ${name}`);
    vi.spyOn(methods, name).mockImplementation(function (this: MessageTable, ...args) {
      const [of] = args as [string | { readonly id: string }];
      const id = typeof of === "string" ? of : of.id;
      const stateNow = (): string => this.find(id)?.state ?? "gone";
      const before = stateNow();
      const answer = move.apply(this, args);
      const after = stateNow();
      if (before !== after) seen.add(`${before} ${after}`);
      return answer;
    });
  }
  return seen;
}

const allowed = [
  ...FIRST_STATES.map((state) => `gone ${state}`),
  ...Object.entries(MOVES).flatMap(([from, to]) => to.map((state) => `${from} ${state}`)),
].sort();

async function runSuite(
  open: (clock: ManualClock) => Promise<Store>,
  groups: (group: string) => boolean,
): Promise<void> {
  for (const each of storeConformance.filter(({ group, needs }) => groups(group) && !needs)) {
    const clock = new ManualClock();
    const store = await open(clock);
    const dispose = () => store.close();
    await each.run({ clock, store, peer: async () => store, reopen: () => undefined, dispose });
    await dispose();
  }
}

test("memory makes all of these moves and no other", async () => {
  const seen = watch(MemoryMessages.prototype);
  const context = { random: systemRandom, logger: silentLogger };
  await runSuite(
    async (clock) => openMemoryStore({ clock, ...context }),
    (group) => !group.includes("walks"),
  );
  expect([...seen].sort()).toEqual(allowed);
});

test("SQLite makes all of these moves and no other", async () => {
  const seen = watch(MessageTable.prototype);
  await runSuite(
    (clock) => openStore(`${newFolder()}/store.db`, { shared: false }, { clock }),
    (group) =>
      /^(broker: (claim|settle|dead|revoke|purge)|graphs: (?!large)|unique|entries: overlap|locks: (tasks|ends|messages|entries))/.test(
        group,
      ),
  );
  expect([...seen].sort()).toEqual(allowed);
});
