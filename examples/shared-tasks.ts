// One library of tasks in two apps on two brokers; a task of one app sends to the other.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isSunbeatError, Sunbeat } from "sunbeat";
import { publish, resize, thumbnail } from "./shared/images.js";

console.log(await resize("cat.png", 50)); // a function like any other
await resize.delay("cat.png", 50).catch((error: unknown) => {
  if (isSunbeatError(error)) console.log(error.code); // no app, nobody to send it
});

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-shared-"));
const shop = new Sunbeat("shop", { broker: "memory:", taskRoutes: { "images.*": "shop-images" } });
const blog = new Sunbeat("blog", { broker: `sqlite:${folder}/blog.db`, taskDefaultQueue: "blog" });
for (const app of [shop, blog]) {
  app.register(resize, publish);
  await app.worker().start();
}

// in a program with both, somebody says which
const [inShop, inBlog] = [shop.taskOf(publish), blog.taskOf(publish)];
console.log(await (await inShop.delay("dog.png")).get({ timeout: 10 }));
console.log(await (await inBlog.delay("dog.png")).get({ timeout: 10 }));

// a task of one app waits for one of the other
const order = shop.task("orders.ship", async (image: string) => {
  const online = await inBlog.delay(image);
  return `shipped; ${await online.get({ timeout: 10 })}`;
});
console.log(await (await order.delay("cow.png")).get({ timeout: 10 }));

await shop.close();
console.log(await (await thumbnail("cat.png").delay()).get({ timeout: 10 })); // one app is left: it is meant
await blog.close();
rmSync(folder, { recursive: true });
// prints:
// cat.png@50
// SUNBEAT_TASK_UNBOUND
// dog.png is online (shop-images)
// dog.png is online (blog)
// shipped; cow.png is online (blog)
// cat.png@100 is online (blog)
