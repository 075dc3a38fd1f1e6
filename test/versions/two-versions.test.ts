/**
 * Two versions on one store: beats, workers, senders and editors of the build of `base` and of the present one, started and
 * ended by turns. SUNBEAT_SEED repeats what comes by chance (not the timing of the machine).
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, inject, test } from "vitest";
import type { openStore } from "../../src/app/open-store.js";
import { DIST, FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { membersOf } from "./log.js";
import { type Change, mutated } from "./mutants.js";
import { type Kind, type MembersOptions, PLACES, withMembers } from "./turns.js";

const { dist: old, apart } = inject("base");
const DURATION_MS = 30_000;
const SHORT_MS = 5_000;

const KINDS: readonly Kind[] = ["sqlite", "redis"];
const isApart = (kind: Kind): boolean => apart.includes(kind);

test.each(KINDS.filter((kind) => !isApart(kind)))(
  `two versions by turns on one store (%s): nothing lost, nothing doubled, no dead letter (seed ${FORM.seed})`,
  { timeout: DURATION_MS + 4 * PATIENCE_MS },
  (kind) =>
    withMembers(kind, { old }, async ({ crew, members, judged }) => {
      const turns = await members.takeTurns(FORM.random, DURATION_MS, 2 * PLACES.length);
      await crew.goesOn("the last turn");
      await members.endSenders();
      await crew.drain(members.options("new"));

      const { broken, figures } = await judged();
      const told = { seed: FORM.seed, turns, killed: members.killed.size, ...figures };
      console.log(`two versions on ${kind}: ${JSON.stringify(told)}`);
      expect(broken.slice(0, 20)).toEqual([]);
      expect(crew.surprises).toEqual([]);
      expect(figures.refusals).toEqual({});
      for (const did of [figures.by.old, figures.by.new])
        expect(Object.entries(did).filter(([, times]) => times === 0)).toEqual([]);
      expect(figures.crossed).toBeGreaterThan(0);
    }),
);

/** Where the meaning of what is stored has changed: one of the two has the store, and the other is refused with a code. */
async function apartOn(kind: Kind, builds: MembersOptions, refusal?: string): Promise<void> {
  let ownersBuild = builds.old;
  // The store can be looked at by its owner alone.
  const open: typeof openStore = async (url, context) => {
    const file = pathToFileURL(path.join(ownersBuild, "app", "open-store.js")).href;
    const build = (await import(file)) as { readonly openStore: typeof openStore };
    return build.openStore(url, context);
  };
  await withMembers(kind, { ...builds, open }, async ({ crew, members, judged }) => {
    await members.startAll("old");
    await pause(SHORT_MS);
    await members.endSenders();
    await crew.endAll();

    // A newer version brings the store up to date, or leaves it to the older one.
    const first = members.start("new", "worker");
    const isUpgraded = await Promise.race([
      first.printed("ready").then(() => true),
      first.ended.then(() => false),
    ]);
    const [owner, other] = isUpgraded ? (["new", "old"] as const) : (["old", "new"] as const);
    if (isUpgraded) ownersBuild = builds.new ?? DIST;
    await members.startAll(owner);
    for (const role of new Set(PLACES))
      expect([role, await members.start(other, role).ended]).toEqual([role, { code: 3, signal: null }]);
    await pause(SHORT_MS);
    await members.endSenders();
    await crew.drain(members.options(owner));

    const { broken, figures } = await judged();
    console.log(`${kind}, apart: ${JSON.stringify({ owner, ...figures })}`);
    expect(broken.slice(0, 20)).toEqual([]);
    const refused = membersOf(crew.log, "refusal");
    expect(refused.filter(({ by }) => !by.startsWith(other))).toEqual([]);
    const code = refusal ?? (owner === "new" ? "SUNBEAT_STORE_NEWER" : "SUNBEAT_STORE_OLDER");
    expect([...new Set(refused.map((each) => `${each.what}: ${each.code}`))]).toEqual([`the start: ${code}`]);
  });
}

test.each(KINDS.filter(isApart))(
  "two versions that cannot share a store (%s): one has it, the other is refused with a code, and nothing is lost",
  { timeout: 4 * PATIENCE_MS },
  (kind) => apartOn(kind, { old }),
);

/** The present build, in a version that raises the stored form. */
const NEWER: Readonly<Record<Kind, readonly Change[]>> = {
  sqlite: [
    {
      file: "store/sqlite/schema.js",
      find: "export const SCHEMA_VERSION = MIGRATIONS.length;",
      put: "MIGRATIONS.push(`CREATE TABLE of_the_future (one INTEGER)`);\nexport const SCHEMA_VERSION = MIGRATIONS.length;",
    },
  ],
  redis: [
    {
      file: "store/redis/scripts.generated.js",
      find: String.raw`key_meta, \"version\", \"1\"`,
      put: String.raw`key_meta, \"version\", \"2\"`,
    },
    {
      file: "store/redis/scripts.generated.js",
      find: String.raw`is_used and 1 or 0, \"1\"`,
      put: String.raw`is_used and 1 or 0, \"2\"`,
    },
  ],
};

test.each(KINDS)(
  "a newer version that raises the version of the store (%s): one of the two is refused with a code, and nothing is lost",
  { timeout: 4 * PATIENCE_MS },
  async (kind) => {
    const newer = mutated(DIST, NEWER[kind]);
    await apartOn(kind, { old: DIST, new: newer.dist }).finally(() => newer.dispose());
  },
);

test(
  "a Redis namespace that a newer version has begun: the older one is refused with a code, and nothing is lost",
  { timeout: 4 * PATIENCE_MS },
  async () => {
    const newer = mutated(DIST, NEWER.redis);
    // By turns the other way round: whoever is there first is the newer one.
    await apartOn("redis", { old: newer.dist, new: DIST }, "SUNBEAT_STORE_NEWER").finally(() =>
      newer.dispose(),
    );
  },
);
