// The lines of an app as JSON objects: with the ids of the task wherever its code logs, and without what is secret.
import { jsonLogger, Sunbeat } from "sunbeat";

/** Shows a line without what differs each time. */
function show(line: string): void {
  const { time: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
  console.log(JSON.stringify(fields).replace(/in \d+\.\d+s/, "in some ms"));
}

const app = new Sunbeat("shop", {
  broker: "memory:",
  logger: jsonLogger({ level: "info", write: show }),
  redact: ["card"],
});

async function charge(order: { id: string; card: string }): Promise<void> {
  await Promise.resolve(); // however deep, and however late
  app.logger.info("charged", { order });
}

const pay = app.task("orders.pay", { bind: true }, async (self, id: string) => {
  self.log.info("paying", { order: id, password: "hunter2" });
  await charge({ id, card: "4111 1111" });
});

await app.worker({ hostname: "w1" }).start();
await (await pay.applyAsync(["o1"], { taskId: "t1" })).get({ timeout: 10 });
await app.close();
// prints:
// {"level":"info","message":"w1 ready.","component":"worker","node":"w1"}
// {"level":"info","message":"Task orders.pay[t1] received","component":"worker","node":"w1","taskId":"t1","task":"orders.pay","retries":0,"event":"task-received"}
// {"level":"info","message":"paying","component":"task","node":"w1","taskId":"t1","task":"orders.pay","retries":0,"order":"o1","password":"**"}
// {"level":"info","message":"charged","component":"task","node":"w1","taskId":"t1","task":"orders.pay","retries":0,"order":{"id":"o1","card":"**"}}
// {"level":"info","message":"Task orders.pay[t1] succeeded in some ms","component":"worker","node":"w1","taskId":"t1","task":"orders.pay","retries":0,"event":"task-succeeded"}
// {"level":"info","message":"Warm shutdown (w1)","component":"worker","node":"w1"}
