import { afterEach, beforeEach, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { silentLogger } from "../../src/core/logger.js";
import { groupLetters, letterPages } from "../../src/dashboard/letters.js";
import { browseWaiting } from "../../src/dashboard/waiting.js";
import { Sunbeat } from "../../src/index.js";

let app: Sunbeat;

beforeEach(() => {
  app = new Sunbeat("shop", { broker: "memory:", logger: silentLogger });
  app.task("import.broken", (what: string) => {
    throw new Error(`refused at https://ann:secret@${what}`);
  });
});
afterEach(() => app.close());

async function fail(...args: readonly string[]): Promise<string[]> {
  await app.worker().start();
  const ids: string[] = [];
  for (const arg of args) {
    const sent = await app.sendTask("import.broken", [arg]);
    await sent.get({ propagate: false, timeout: 60 });
    ids.push(sent.id);
  }
  return ids;
}

test("those of one task and error are one group, and no password of theirs is told", async () => {
  await fail("a", "b", "a", "a");
  const { groups, found, isAll } = await groupLetters(coreOf(app), { failed: true });
  expect([found, isAll]).toEqual([4, true]);
  expect(groups.map(({ error, count }) => [error, count])).toEqual([
    ["Error: refused at https://**:**@a", 3],
    ["Error: refused at https://**:**@b", 1],
  ]);
});

test("what matches is what the group says, and what came later is not met", async () => {
  const ids = await fail("a", "b", "a");
  const filter = { failed: true, task: "import.broken", error: "Error: refused at https://**:**@a" };
  const pages = letterPages(coreOf(app), filter);
  const first = await pages.next();
  expect([...(first.value as readonly string[])].sort()).toEqual([ids[0]!, ids[2]!].sort());
  // What is still there after its step does not come again.
  expect((await pages.next()).done).toBe(true);
});

test("pages of what waits lead from one queue into the next, and each task comes once", async () => {
  const sent: string[] = [];
  for (const queue of ["a", "b", "c"])
    for (let index = 0; index < 3; index++)
      sent.push((await app.sendTask("elsewhere", [index], { queue })).id);
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await browseWaiting(coreOf(app), { state: "ready" }, { cursor, limit: 2 });
    found.push(...page.messages.map(({ id }) => id));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(found).toEqual(sent);
  await expect(browseWaiting(coreOf(app), { state: "ready" }, { cursor: "no cursor" })).rejects.toThrow(
    "cursor: expected where an earlier page ended",
  );
});
