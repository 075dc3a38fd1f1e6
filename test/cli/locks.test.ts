import { afterAll, beforeAll, expect, test } from "vitest";
import path from "node:path";
import { writeFileSync } from "node:fs";
import { silentLogger } from "../../src/core/logger.js";
import { systemClock } from "../../src/core/clock.js";
import { systemRandom } from "../../src/core/random.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { Playground } from "../support/cli.js";

let place: Playground;
let store: Store;
const acquire = (waiter: string) =>
  store.locks.acquire({
    lock: "ledger",
    capacity: 1,
    waiter,
    label: `host:${waiter}`,
    leaseMs: 600_000,
    waiterTtlMs: 600_000,
  });

beforeAll(async () => {
  place = new Playground();
  const app =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("locks", { broker: "sqlite:./locks.db" });\n';
  writeFileSync(path.join(place.folder, "locks.mjs"), app);
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openSqliteStore(path.join(place.folder, "locks.db"), context, { backups: false });
});
afterAll(async () => {
  await store.close();
  place.dispose();
});

const locks = (...args: string[]) => place.sunbeat(["-A", "locks.mjs", "locks", ...args]);

test("locks are listed, looked into and broken", async () => {
  expect(await locks("list")).toMatchObject({ exitCode: 0, stdout: "no lock is held or waited for\n" });
  expect(await locks("inspect", "ledger")).toMatchObject({
    exitCode: 0,
    stdout: "ledger: nobody holds it or waits for it\n",
  });
  const held = await acquire("1");
  await acquire("2");
  if (held.outcome !== "granted") throw new Error("not granted");
  const { token, fence } = held.permit;

  const listed = { name: "ledger", capacity: 1, held: 1, waiting: 1 };
  expect(JSON.parse((await locks("list", "--json")).stdout)).toEqual([listed]);
  expect((await locks("list")).stdout).toMatch(/^LOCK {4}HELD {4}WAITING\nledger {2}1 of 1 {2}1\n$/);
  const shown = (await locks("inspect", "ledger")).stdout;
  expect(shown).toMatch(/^ledger: 1 of 1 held, 1 waiting\n/);
  expect(shown).toMatch(new RegExp(`holds +process +host:1 +1 .*ends in .* ${fence} +${token}\n`));
  expect(shown).toMatch(/waits +process +host:2 +2 /);
  expect(JSON.parse((await locks("inspect", "ledger", "--json")).stdout)).toMatchObject({
    ...listed,
    holders: [{ token, fence, kind: "process" }],
    waiters: [{ id: "2" }],
  });

  expect(await locks("break", "ledger", "wrong")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("SUNBEAT_LOCK_NOT_HELD") as string,
  });
  expect(await locks("break", "ledger", token)).toMatchObject({ exitCode: 0 });
  expect((await acquire("2")).outcome).toBe("granted");
  expect((await store.lockInspection.inspect("ledger", 9))?.holders.map(({ id }) => id)).toEqual(["2"]);
});

test("their history is shown, newest first, of one or of all", async () => {
  const rows = (await locks("history", "ledger", "--json")).stdout.trim().split("\n");
  const events = rows.map((line) => JSON.parse(line) as { event: string; id: string; lock: string });
  expect(events.map(({ event, id }) => `${event} ${id}`)).toEqual([
    "acquired 2",
    "broken 1",
    "waiting 2",
    "acquired 1",
  ]);
  expect((await locks("history", "--limit", "2", "--json")).stdout.trim().split("\n")).toEqual(
    rows.slice(0, 2),
  );
  const [head, newest, broken] = (await locks("history", "--timezone", "UTC")).stdout.split("\n");
  expect(head).toMatch(/^AT \(UTC\) +LOCK +EVENT +KIND +WHO +ID +FENCE$/);
  expect(newest).toMatch(
    /^\w{3} [-\d]{10} [\d:.]{12} \+00:00 +ledger +acquired +after .+ process +host:2 +2 +\d+$/,
  );
  expect(broken).toMatch(/ ledger +broken +held .+ process +host:1 +1 +\d+$/);
  expect((await locks("history", "other")).stdout).toBe("nothing has happened yet\n");
  expect(await locks("history", "--limit", "0")).toMatchObject({ exitCode: 2 });
});

test("a run that is skipped for its lock says so, and not that an earlier run goes on", async () => {
  const schedule = (...args: string[]) => place.sunbeat(["-A", "locks.mjs", "schedule", ...args]);
  const entry = ["--task", "close", "--every", "30d", "--overlap", "skip", "--lock", "ledger"];
  expect(await schedule("set", "nightly", ...entry)).toMatchObject({ exitCode: 0 });
  expect(await schedule("trigger", "nightly")).toMatchObject({
    exitCode: 1,
    stdout:
      "not sent: locked; its lock is held; see sunbeat locks list (--force sends it, and it waits in line)\n",
  });
});

test("of many holders and waiters the foremost are shown, and how many more there are", async () => {
  const lease = { capacity: 101, label: "host:1", leaseMs: 600_000, waiterTtlMs: 600_000 };
  for (let waiter = 0; waiter < 203; waiter++) {
    await store.locks.acquire({ lock: "crowd", waiter: String(waiter), ...lease });
  }
  const lines = (await locks("inspect", "crowd")).stdout.trimEnd().split("\n");
  expect([lines[0], lines.length, ...lines.slice(-2)]).toEqual([
    "crowd: 101 of 101 held, 102 waiting",
    204,
    "and 1 more hold it",
    "and 2 more wait",
  ]);
});

test("a thousand are listed at once, and it is told how to see the rest", async () => {
  const lease = { capacity: 1, label: "host:1", leaseMs: 600_000, waiterTtlMs: null };
  const names = Array.from({ length: 1_001 }, (_, index) => `many ${String(index).padStart(4, "0")}`);
  await Promise.all(names.map((lock) => store.locks.acquire({ lock, waiter: lock, ...lease })));
  const { stdout, stderr } = await locks("list", "--after", "ledger");
  expect(stdout.trimEnd().split("\n")).toHaveLength(1_001);
  expect(stderr).toBe('there may be more: --after "many 0999"\n');
  const rest = await locks("list", "--after", "many 0999");
  expect([rest.stdout, rest.stderr]).toEqual([expect.stringMatching(/^LOCK .*\nmany 1000 .*\n$/), ""]);
});

test("a lock must be named", async () => {
  expect(await locks("inspect")).toMatchObject({ exitCode: 2 });
});
