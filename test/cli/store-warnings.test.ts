/** What worker and beat say of the broker's settings, and how often. */
import { expect, test } from "vitest";
import type { OpenApp } from "../../src/cli/app.js";
import { watchSettings } from "../../src/cli/store-warnings.js";
import { silentLogger } from "../../src/core/logger.js";
import type { SqliteFacts } from "../../src/store/contracts/survey.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const TEN_MINUTES = 600_000;
const HALF_A_MINUTE = 30_000;
const good: SqliteFacts = {
  ...{ kind: "sqlite", path: "/srv/a.db", version: "3.51.3", hasSafeLog: true, networkDisk: null },
  ...{
    isMountedAlone: false,
    freeBytes: { value: 2 ** 40 },
    writable: true,
    file: null,
    entries: { value: [] },
  },
};
const full = { ...good, freeBytes: { value: 4_096 } };
const fuller = { ...good, freeBytes: { value: 2_048 } };
const denied = { ...full, writable: false };

/** Looks once for each of `facts`, ten minutes apart, half a minute after a failure; gives what each look logs. */
async function said(...facts: (SqliteFacts | Error)[]): Promise<string[][]> {
  const clock = new ManualClock();
  let lines: string[] = [];
  const looks: string[][] = [];
  const found = [...facts];
  const tell = (level: string) => (message: string) => void lines.push(`${level} ${message.split(":")[0]}`);
  const logger = { ...silentLogger, warn: tell("warning"), error: tell("error") };
  const survey = async (): Promise<SqliteFacts> => {
    const next = found.shift();
    if (next instanceof Error || next === undefined) throw next ?? new Error("looked too often");
    return next;
  };
  const unwatch = watchSettings({ core: { survey } } as unknown as OpenApp, clock, logger);
  for (let look = 0; look < facts.length; look++) {
    const pauseMs = facts[look - 1] instanceof Error ? HALF_A_MINUTE : TEN_MINUTES;
    if (look > 0) {
      await clock.advance(pauseMs - 1);
      expect(lines).toEqual([]);
    }
    await clock.advance(look === 0 ? 0 : 1);
    looks.push(lines);
    lines = [];
  }
  unwatch();
  await clock.advance(10 * TEN_MINUTES);
  expect([lines, clock.timers]).toEqual([[], 0]);
  return looks;
}

const SPACE = /^warning free space 4\.0 KiB$/;
const RIGHTS = /^error rights this user may not write \(weakens D1, D2, E1, E2, L1\)$/;
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

test.each<[string, (SqliteFacts | Error)[], unknown[][]]>([
  // because, what each look finds, what it logs
  ["what is well is not told", [good, good], [[], []]],
  ["what is wrong is told once", [full, full, full], [[matching(SPACE)], [], []]],
  ["a value that moves is the same thing", [full, fuller], [[matching(SPACE)], []]],
  ["what goes wrong later is told then, alone", [full, denied], [[matching(SPACE)], [matching(RIGHTS)]]],
  ["what was well meanwhile is told again", [full, good, full], [[matching(SPACE)], [], [matching(SPACE)]]],
  ["a store that is away has said nothing", [full, new Error("away"), full], [[matching(SPACE)], [], []]],
  [
    "a store that comes is told of",
    [new Error("away"), new Error("away"), full],
    [[], [], [matching(SPACE)]],
  ],
])("%s", async (_, facts, logged) => {
  expect(await said(...facts)).toEqual(logged);
});
