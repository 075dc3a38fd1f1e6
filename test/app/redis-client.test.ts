import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { redisBroker } from "../../src/redis.js";
import { ownNamespace } from "../support/redis-harness.js";

let app: Sunbeat | undefined;
let client: Redis | undefined;
afterEach(async () => {
  await app?.close();
  client?.disconnect();
});

test("an app works over a client of the program's own, and leaves it open", async () => {
  client = new Redis(inject("redisUrl"), { maxRetriesPerRequest: 3, autoResendUnfulfilledCommands: false });
  app = new Sunbeat("handed", { broker: redisBroker(client, { namespace: ownNamespace() }) });
  const add = app.task("add", (x: number, y: number) => x + y);
  await app.worker().start();
  expect(await (await add.delay(20, 22)).get({ timeout: 10 })).toBe(42);
  await app.close();
  expect(await client.ping()).toBe("PONG");
});

test("a client whose numbers come as text keeps its locks, entries and counts", async () => {
  client = new Redis(inject("redisUrl"), { stringNumbers: true });
  app = new Sunbeat("handed", { broker: redisBroker(client, { namespace: ownNamespace() }) });
  expect(await app.locks.mutex("l").using(() => "held")).toBe("held");
  await app.schedules.set("e", { task: "t", schedule: 3_600, overlap: "queue-one" });
  await app.schedules.trigger("e");
  await app.schedules.trigger("e");
  expect(await app.schedules.get("e")).toMatchObject({ unfinished: 1, buffered: true });
});

describe("a client inside MULTI queues what it is asked, and every call says so by an error with a code", () => {
  test.each<[what: string, call: (app: Sunbeat) => Promise<unknown>]>([
    ["a send", (app) => app.sendTask("t")],
    ["a look at entries", (app) => app.schedules.list()],
    ["an entry", (app) => app.schedules.set("e", { task: "t", schedule: 60 })],
    ["a lock", (app) => app.locks.mutex("l").acquire()],
    ["a state", (app) => app.result("x").state()],
  ])("%s", async (_, call) => {
    client = new Redis(inject("redisUrl"));
    app = new Sunbeat("handed", { broker: redisBroker(client, { namespace: ownNamespace() }) });
    await app.sendTask("t");
    await client.multi({ pipeline: false });
    await expect(call(app)).rejects.toMatchObject({
      code: "SUNBEAT_STORE_REFUSED",
      message: expect.stringContaining("inside MULTI") as string,
    });
  });

  test("and so does the first one", async () => {
    client = new Redis(inject("redisUrl"));
    await client.multi({ pipeline: false });
    app = new Sunbeat("handed", { broker: redisBroker(client, { namespace: ownNamespace() }) });
    await expect(app.sendTask("t")).rejects.toMatchObject({ code: "SUNBEAT_STORE_REFUSED" });
  });
});

test.each([[null], ["redis://h"], [{}], [{ get: () => "x" }]])(
  "%o is no client, and refused at the first need",
  async (wrong) => {
    app = new Sunbeat("handed", { broker: redisBroker(wrong) });
    await expect(app.sendTask("add")).rejects.toMatchObject({ code: "SUNBEAT_OPTION_INVALID" });
  },
);

test.each([[5], [{}]])("%o in the place of a broker is refused when the app is made", (wrong) => {
  expect(() => new Sunbeat("wrong", { broker: wrong as unknown as string })).toThrow(
    expect.objectContaining({ code: "SUNBEAT_OPTION_INVALID" }) as Error,
  );
});
