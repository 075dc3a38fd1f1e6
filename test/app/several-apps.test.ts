/** Several apps in one program, each with a broker of its own kind: they do not know each other, and tasks of one send to the other. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, inject, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { chain, currentTask, defineTask, group, Sunbeat } from "../../src/index.js";
import { ownNamespace } from "../support/redis-harness.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-several-"));
const apps: Sunbeat[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

function appOn(name: string, broker: string): Sunbeat {
  const app = new Sunbeat(name, { broker, logger: null });
  apps.push(app);
  return app;
}

test("tasks of an app on Redis send to one on SQLite and to one in memory, and each worker runs its own", async () => {
  const orders = appOn("orders", `${inject("redisUrl")}?namespace=${ownNamespace()}`);
  const mails = appOn("mails", `sqlite:${path.join(folder, "mails.db")}`);
  const audit = appOn("audit", "memory:");
  const noted: string[] = [];
  const note = audit.task("note", (text: string) => void noted.push(text));
  // The same name in both is two tasks.
  const send = mails.task("send", async (to: string) => {
    await note.delay(`${currentTask().request.hostname} mails ${to}`);
    return `mail to ${to}`;
  });
  const ship = orders.task("send", async (to: string) => {
    const sent = await send.delay(to);
    return `parcel and ${await sent.get({ timeout: 10 })}`;
  });
  for (const app of apps) await app.worker({ hostname: app.name }).start();
  const results = await Promise.all(["ada", "bob"].map((to) => ship.delay(to)));
  expect(await Promise.all(results.map((result) => result.get({ timeout: 20 })))).toEqual([
    "parcel and mail to ada",
    "parcel and mail to bob",
  ]);
  await (await note.delay("end")).get({ timeout: 10 });
  expect(noted.sort()).toEqual(["end", "mails mails ada", "mails mails bob"]);
  // Nothing of one is in the store of another.
  const [id] = results.map((result) => result.id);
  expect(await Promise.all(apps.map((app) => app.result(id!).exists()))).toEqual([true, false, false]);
});

test("a form made inside a task goes to the app of its tasks, not to that of the run", async () => {
  const outer = appOn("outer", "memory:");
  const inner = appOn("inner", "memory:");
  const double = defineTask("lib.double", (n: number) => 2 * n);
  inner.register(double);
  const sum = inner.task("sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0));
  const ask = outer.task("ask", async (n: number) => {
    const sent = await chain(group([double.s(n), double.s(n + 1)]), sum.s()).delay();
    return sent.get({ timeout: 10 });
  });
  for (const app of apps) await app.worker().start();
  expect(await (await ask.delay(3)).get({ timeout: 10 })).toBe(14);
  expect(coreOf(outer).registry.names()).toEqual(["ask"]);
});
