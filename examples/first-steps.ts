// Celery's "First Steps" in the words of sunbeat: docs/celery-guides.md shows this file piece by piece.
import { RemoteTaskError, Sunbeat, type SunbeatOptions } from "sunbeat";

const app = new Sunbeat("tasks", { broker: "memory:", logger: null });

const add = app.task("tasks.add", (x: number, y: number) => x + y);

const result = await add.delay(4, 4);
console.log(await result.ready()); // no worker yet

await app.worker().start();

console.log(await result.get({ timeout: 1 }));

const fail = app.task("tasks.fail", () => {
  throw new RangeError("too many");
});
const failed = await fail.delay();
console.log((await failed.get({ propagate: false })) instanceof RemoteTaskError);
console.log((await failed.traceback())?.includes("RangeError: too many"));

try {
  await failed.get();
} catch (error) {
  if (error instanceof RemoteTaskError) console.log(error.remoteName);
}

await result.forget();
console.log(await result.exists());
await app.close();

const sunbeatconfig = {
  broker: "memory:",
  resultExpires: "1h",
  timezone: "Europe/Oslo",
  taskRoutes: { "tasks.add": "low-priority" },
} satisfies SunbeatOptions;

const configured = new Sunbeat("configured", sunbeatconfig);

const routed = configured.task("tasks.add", { bind: true }, (self) => self.request.queue);
const limited = configured.task("tasks.limited", { rateLimit: "10/m" }, (x: number, y: number) => x + y);

await configured.worker().start();
console.log(await (await routed.delay()).get({ timeout: 1 }));

await configured.control.rateLimit("tasks.limited", "20/m");
console.log(await (await limited.delay(2, 2)).get({ timeout: 1 }));
await configured.close();
// prints:
// false
// 8
// true
// true
// RangeError
// false
// low-priority
// 4
