import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { Playground } from "../support/cli.js";

let place: Playground;
let store: Store;

const open = (clock: Clock) =>
  openSqliteStore(
    path.join(place.folder, "dead.db"),
    { clock, random: systemRandom, logger: silentLogger },
    { backups: false },
  );

beforeAll(async () => {
  place = new Playground();
  const app =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("dead", { broker: "sqlite:./dead.db" });\n';
  writeFileSync(path.join(place.folder, "dead.mjs"), app);
  store = await open(systemClock);
});
afterAll(async () => {
  await store.close();
  place.dispose();
});

const dead = (...args: string[]) => place.sunbeat(["-A", "dead.mjs", "dead", ...args]);
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`);

/** Sends tasks and has a worker give them up. */
async function giveUp(
  ids: readonly string[],
  { queue = "default", body = '{"v":1,"args":[7]}', at = store } = {},
) {
  const message = { task: "mail", queue, priority: 0, maxDeliveries: 5, resultTtlMs: 60_000, body };
  await at.sender.enqueue(ids.map((id) => ({ ...message, id })));
  const { deliveries } = await at.consumer.claim({
    queues: [queue],
    max: ids.length,
    leaseMs: 60_000,
    worker: "w",
  });
  const end = { kind: "dead", reason: "no such mailbox", resultTtlMs: 60_000 } as const;
  const result = { state: "FAILURE", payload: null };
  await at.consumer.settle(
    deliveries.map(({ id, token }) => ({ id, token, ...end, result })),
    null,
  );
}

async function waiting(queue = "default"): Promise<number> {
  return (await store.queues.counts()).find((counts) => counts.queue === queue)?.ready ?? 0;
}

test("they are listed newest first, with what was sent for programs", async () => {
  expect(await dead("list")).toEqual({ exitCode: 0, stdout: "there are no dead letters\n", stderr: "" });
  await giveUp(["first"], { queue: "slow" });
  await giveUp(["second"], { body: "not JSON" });
  const { stdout } = await dead("list", "--timezone", "Europe/Paris");
  expect(stdout).toMatch(
    /^AT \(Europe\/Paris\) +QUEUE +TASK +ID +WHY\n\w{3} [-\d]{10} [\d:]{8} \+0[12]:00 +default +mail +second +no such mailbox\n.* slow +mail +first +no such mailbox\n$/,
  );
  const rows = (await dead("list", "--json")).stdout.trim().split("\n");
  const letter = { task: "mail", reason: "no such mailbox", at: expect.stringMatching(/Z$/) as unknown };
  expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual([
    { ...letter, id: "second", queue: "default", body: "not JSON" },
    { ...letter, id: "first", queue: "slow", body: { v: 1, args: [7] } },
  ]);
  const slow = await dead("list", "-Q", "slow", "--limit", "1", "--json");
  expect([slow.stdout.trim(), slow.stderr]).toEqual([rows[1], ""]);
  const first = await dead("list", "--limit", "1", "--json");
  const [, after = ""] = /^there are more: --after (\d+)\n$/.exec(first.stderr) ?? [];
  const second = await dead("list", "--limit", "1", "--after", after, "--json");
  expect([first.stdout.trim(), second.stdout.trim(), second.stderr]).toEqual([rows[0], rows[1], ""]);
  const rare = await dead("list", "--reason", "another", "--json");
  expect([rare.stdout, rare.stderr]).toEqual(["", ""]);
});

test("those that are named are put back, and it is told when one is not there", async () => {
  await giveUp(["a", "b"]);
  expect(await dead("retry", "a", "a", "second")).toEqual({
    ...{ exitCode: 0, stdout: "put back 2 tasks\n", stderr: "" },
  });
  expect(await waiting()).toBe(2);
  expect(await dead("retry", "a", "b")).toEqual({
    ...{ exitCode: 1, stdout: "put back 1 task\n" },
    stderr: "sunbeat: 1 of them is not among the dead letters\n",
  });
  expect(JSON.parse((await dead("retry", "a", "b", "--json")).stdout)).toEqual({ retried: 0, missing: 2 });
});

test("all of a queue, or all, are put back or dropped; dropping asks first", async () => {
  await store.queues.purge(["default"]);
  await giveUp(numbered("slow", 3), { queue: "slow" });
  await giveUp(numbered("many", 700));
  expect(await dead("retry", "--all", "-Q", "default")).toMatchObject({
    exitCode: 0,
    stdout: "put back 700 tasks\n",
  });
  expect([await waiting(), await waiting("slow")]).toEqual([700, 0]);
  expect(await dead("delete", "--all")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(
      "Drop 4 tasks for good from slow (4)? There is no terminal to ask at: give --force",
    ) as unknown,
  });
  expect(await dead("delete", "slow-1")).toMatchObject({ exitCode: 0, stdout: "dropped 1 task\n" });
  expect(await dead("delete", "--all", "--force", "--json")).toMatchObject({
    exitCode: 0,
    stdout: '{"deleted":3}\n',
  });
  expect(await dead("delete", "--all")).toMatchObject({ exitCode: 0, stdout: "there are no dead letters\n" });
});

test("one that dies again meanwhile is not put back a second time, and hides none", async () => {
  await giveUp(numbered("old", 2));
  const later = await open(new ManualClock(systemClock.now() + 3_600_000));
  await giveUp(numbered("again", 600), { at: later });
  await later.close();
  expect(await dead("retry", "--all")).toMatchObject({ exitCode: 0, stdout: "put back 2 tasks\n" });
});

test.each([
  // arguments, because
  [["retry"], "nothing is chosen"],
  [["retry", "a", "--all"], "it is said twice"],
  [["delete", "--queue", "slow"], "a queue alone might mean all of it"],
  [["retry", "a", "--queue", "slow"], "an id says it all"],
  [["list", "--limit", "0"], "that shows nothing"],
])("dead %j is wrong usage: %s", async (args) => {
  expect(await dead(...args)).toMatchObject({
    ...{ exitCode: 2, stdout: "" },
    stderr: expect.stringContaining("[SUNBEAT_USAGE]") as unknown,
  });
});
