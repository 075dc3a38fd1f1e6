// A long computation in a thread of its own: the worker's event loop stays free, and the lease is renewed.
import { Worker } from "node:worker_threads";
import { Sunbeat } from "sunbeat";

/** Runs a module in a thread and gives what it posts. The thread ends when the signal aborts. */
function inThread<Result>(module: URL, workerData: unknown, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const thread = new Worker(module, { workerData });
    const abort = () => {
      void thread.terminate();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => {
      signal.removeEventListener("abort", abort);
      reject(new Error(`the thread ended with ${code} and posted nothing`));
    });
  });
}

const app = new Sunbeat("threads", { broker: "memory:" });
const countPrimes = app.task("count-primes", { bind: true, timeLimit: "10m" }, (self, below: number) =>
  inThread<number>(new URL("./threads/primes.js", import.meta.url), below, self.signal),
);
await app.worker({ concurrency: 2 }).start();

console.log(await (await countPrimes.delay(100_000)).get({ timeout: 60 }));
await app.close();
// prints:
// 9592
