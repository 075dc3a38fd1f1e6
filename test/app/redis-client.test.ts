import { Redis } from "ioredis";
import { afterEach, expect, inject, test } from "vitest";
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
