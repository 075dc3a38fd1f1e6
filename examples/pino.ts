// The app logs by the pino instance that the program has. pino is known by its methods, and is called as it wants to be.
import pino from "pino";
import { Sunbeat } from "sunbeat";

// Shown without what differs each time.
const write = (line: string): void => void process.stdout.write(line.replace(/ in \d+\.\d+s/, ""));
const logger = pino({ base: null, timestamp: false, level: "info" }, { write });
const app = new Sunbeat("shop", { broker: "memory:", logger });

const count = app.task("count", { bind: true }, (self, rows: number) => {
  self.log.debug("left out by the level of pino");
  self.log.info("counted", { rows });
});
await app.worker({ hostname: "w1" }).start();
await (await count.applyAsync([3], { taskId: "t1" })).get({ timeout: 10 });
app.logger.info("done");
await app.close();
// prints:
// {"level":30,"component":"worker","node":"w1","msg":"w1 ready."}
// {"level":30,"component":"worker","node":"w1","taskId":"t1","task":"count","retries":0,"event":"task-received","msg":"Task count[t1] received"}
// {"level":30,"component":"task","node":"w1","taskId":"t1","task":"count","retries":0,"rows":3,"msg":"counted"}
// {"level":30,"component":"worker","node":"w1","taskId":"t1","task":"count","retries":0,"event":"task-succeeded","msg":"Task count[t1] succeeded"}
// {"level":30,"msg":"done"}
// {"level":30,"component":"worker","node":"w1","msg":"Warm shutdown (w1)"}
