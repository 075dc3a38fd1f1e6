// A program with a worker and a beat of its own beside a web server: SIGTERM and Ctrl-C end it warm.
import { createServer } from "node:http";
import { Sunbeat } from "sunbeat";

const app = new Sunbeat("own-program", { broker: "memory:" });
const slow = app.task("slow", async () => {
  process.kill(process.pid, "SIGTERM"); // a deploy comes in the middle of it
  await new Promise((resolve) => setTimeout(resolve, 200));
  console.log("the running task came to its end");
});
await slow.delay();

app.worker({ concurrency: 4 });
app.beat();
const server = createServer((_, response) => response.end("up\n")).listen(0);

const { reason, cold, exitCode } = await app.runUntilSignal(); // the app is closed by now
server.close();
console.log(reason, cold ? "cold" : "warm");
process.exitCode = exitCode;

// prints:
// the running task came to its end
// signal warm
