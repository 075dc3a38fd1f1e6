// Image work in processes, which can be killed, beside light work in the worker's own loop.
import { RemoteTaskError } from "sunbeat";
import { app, blur, decode, type Image, publish } from "./images/app.js";

const worker = app.worker({
  pool: ["async", "processes"],
  concurrency: [100, 2],
  app: new URL("./images/app.ts", import.meta.url).href,
});
await worker.start();

const stripes: Image = {
  width: 64,
  points: Array.from({ length: 64 * 64 }, (_, index) => (index % 2) * 255),
};
const stuck = await decode.delay();
const image = await blur.delay(stripes, 2);

// The other slots go on while one of them is stuck.
console.log(await (await publish.delay("the page")).get({ timeout: 30 }));
const { points } = await image.get({ timeout: 30 });
console.log(`blurred: ${Math.min(...points)} to ${Math.max(...points)}`);

const end = await stuck.get({ propagate: false, timeout: 30 });
console.log(end instanceof RemoteTaskError ? end.remoteCode : end);
await app.close();
// prints:
// the page is published
// blurred: 85 to 170
// SUNBEAT_TIME_LIMIT
