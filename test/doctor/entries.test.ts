/** Whether what an app's code declares is what the store has. */
import path from "node:path";
import { expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { judgeEntries } from "../../src/doctor/entries.js";
import { judge } from "../../src/doctor/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { surveyRedis } from "../../src/store/redis/survey.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import { surveySqlite } from "../../src/store/sqlite/survey.js";
import type { StoredEntry, StoreFacts } from "../../src/store/contracts/survey.js";
import { newFolder } from "../store/sqlite/files.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const OWNER = "code:shop";
const declared = {
  owner: OWNER,
  version: 4,
  entries: [
    { name: "night", revision: "n1" },
    { name: "noon", revision: "m1" },
  ],
};
const night: StoredEntry = { name: "night", owner: OWNER, version: 4, revision: "n1" };
const noon: StoredEntry = { name: "noon", owner: OWNER, version: 4, revision: "m1" };

test.each<[string, readonly StoredEntry[], string, string, string]>([
  // because, stored, value, verdict, weakens
  ["they are the same", [night, noon], "2 as declared", "ok", ""],
  ["no beat has run yet", [night], "1 of 2 not stored yet", "ok", ""],
  [
    "another app sends its own under the name",
    [{ ...night, owner: "code:books" }, noon],
    "1 of 2 of somebody else",
    "warning",
    "D1",
  ],
  [
    "one was set at run time",
    [night, { ...noon, owner: "runtime" }],
    "1 of 2 of somebody else",
    "warning",
    "D1",
  ],
  [
    "a beat runs with other code under the same name",
    [{ ...night, revision: "n2" }, noon],
    "1 of 2 defined otherwise",
    "warning",
    "",
  ],
  [
    "a newer deploy has changed one",
    [{ ...night, version: 5, revision: "n2" }, noon],
    "1 of 2 of a newer version",
    "ok",
    "",
  ],
  [
    "an older deploy still runs",
    [{ ...night, version: 3, revision: "n0" }, noon],
    "1 of 2 defined otherwise",
    "warning",
    "",
  ],
])("%s", (_, stored, value, verdict, weakens) => {
  const [finding, ...more] = judgeEntries(declared, { value: stored });
  expect(more).toEqual([]);
  expect([finding?.setting, finding?.value, finding?.verdict, finding?.weakens.join(" ")]).toEqual([
    "entries",
    value,
    verdict,
    weakens,
  ]);
});

test("the advice names the first three, and whose they are", () => {
  const names = ["a", "b", "c", "d", "e"];
  const entries = names.map((name) => ({ name, revision: "1" }));
  const stored = names.map((name) => ({ name, owner: "code:books", version: 0, revision: "1" }));
  expect(judgeEntries({ ...declared, entries }, { value: stored })[0]?.advice).toMatch(
    /^"a" of app "books", "b" of app "books", "c" of app "books" and 2 more under names/,
  );
});

test("entries that cannot be read are unknown, not ok", () => {
  const [finding] = judgeEntries(declared, { unknown: "NOPERM" });
  expect(finding).toEqual({
    setting: "entries",
    value: null,
    verdict: "unknown",
    weakens: ["D1"],
    advice: "NOPERM",
  });
});

test("code without entries has no line", () => {
  expect(judgeEntries({ ...declared, entries: [] }, { value: [] })).toEqual([]);
});

async function seed(store: Store): Promise<void> {
  const put = (name: string, owner: string, revision: string) => ({
    ...{ name, owner, revision, version: 4, definition: "{}", expect: null },
    ...{ cursor: null, pausedAt: null, disabled: null, ledger: [] },
  });
  expect(await store.entries.put([put("night", OWNER, "n1"), put("noon", "code:books", "x")])).toEqual([
    "stored",
    "stored",
  ]);
  await store.close();
}

test.each<[string, () => Promise<StoreFacts>]>([
  [
    "a Redis",
    async () => {
      const namespace = `doctor-${systemRandom.uuid()}`;
      const url = `${inject("redisUrl")}?namespace=${namespace}`;
      await seed(await openRedisStore(url, context));
      return surveyRedis(url, context, 5_000, { entries: ["night", "noon", "never"] });
    },
  ],
  [
    "a file",
    async () => {
      const file = path.join(newFolder(), "a.db");
      await seed(await openSqliteStore(file, context));
      return surveySqlite(file, context, ["night", "noon", "never"]);
    },
  ],
])("those stored in %s are read, and judged after its settings", async (_, facts) => {
  const found = judge(await facts(), declared).at(-1);
  expect(found).toMatchObject({ setting: "entries", value: "1 of 2 of somebody else", verdict: "warning" });
  expect(found?.advice).toContain('"noon" of app "books" under names');
});
