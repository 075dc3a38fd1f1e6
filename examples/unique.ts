// Unique keys: one of its kind at a time, a throttle, a debounce, and a run that waits for the one before it.
import { isSunbeatError, Sunbeat } from "sunbeat";

const app = new Sunbeat("unique", { broker: "memory:", logger: null });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// one at a time: whoever asks while it waits or runs gets the handle of the one there
const sync = app.task("users.sync", { unique: {} }, async (user: string) => `synced ${user}`);
const [first, second, other] = [await sync.delay("ada"), await sync.delay("ada"), await sync.delay("bob")];
console.log(first.id === second.id, first.id === other.id);

// throttle: one begins in ten seconds, however short its run is
const ping = app.task(
  "shops.ping",
  { unique: { key: (shop: string) => shop, ttl: "10s" } },
  async (shop: string) => `pinged ${shop}`,
);

// debounce: it runs when nobody has asked for 200 ms, with what was asked last, after two seconds at the latest
const index = app.task(
  "pages.index",
  { unique: { key: (page: string) => page, onConflict: "replace", maxWait: "2s" } },
  async (page: string, version: number) => `${page} in version ${version}`,
);
const quiet = { countdown: { milliseconds: 200 } };
const indexed = await index.applyAsync(["home", 1], quiet);
for (const version of [2, 3]) await index.applyAsync(["home", version], quiet);

// queue-one: one runs, and the latest waits
const build = app.task(
  "site.build",
  { unique: { key: "site", onConflict: "queue-one" } },
  async (commit: string) => (await sleep(100), `built ${commit}`),
);
const builds = await build.delayMany([["a1"], ["b2"], ["c3"]]);
console.log(builds[0]!.id === builds[1]!.id, builds[1]!.id === builds[2]!.id);

await app.worker().start();
console.log(await second.get({ timeout: 10 }));

const pinged = await ping.delay("paris");
console.log(await pinged.get({ timeout: 10 }), (await ping.delay("paris")).id === pinged.id);

console.log(await indexed.get({ timeout: 10 }));

for (const one of builds.slice(0, 2)) console.log(await one.get({ timeout: 10 }));

// refuse: the sender is told
try {
  await ping.applyAsync(["paris"], { unique: { key: "paris", onConflict: "refuse" } });
} catch (error) {
  console.log(isSunbeatError(error) && error.code);
}
await app.close();
// prints:
// true false
// false true
// synced ada
// pinged paris true
// home in version 3
// built a1
// built c3
// SUNBEAT_TASK_NOT_UNIQUE
