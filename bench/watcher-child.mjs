// A process that watches all events of a system until its parent lets go of it. Argument: the broker, as JSON.
import { Sunbeat } from "../dist/index.js";

const app = new Sunbeat("bench-watcher", { broker: JSON.parse(process.argv[2]) });
const stream = app.events.watch();
process.once("disconnect", () => stream.end());
await stream.ready;
process.send("watching");
let seen = 0;
for await (const event of stream) seen += event === undefined ? 0 : 1;
await app.close();
