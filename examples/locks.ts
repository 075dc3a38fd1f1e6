// Locks on a SQLite file, without a server: a scarce API, one import for each customer, a nightly job that runs alone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crontab, locked, Sunbeat } from "sunbeat";

const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-locks-"));
const app = new Sunbeat("locks", {
  broker: `sqlite:${path.join(folder, "locks.db")}`,
  workerConcurrency: 8,
  beatSchedule: {
    // never two at once: neither with last night's run nor with anybody else who takes this lock
    nightly: { task: "books.close", schedule: crontab("0 2 * * *"), overlap: "skip", lock: "ledger" },
  },
});
app.task("books.close", () => work(50));

// a scarce API: two calls at once over all processes and machines; the others wait in line
const api = app.locks.semaphore("rates-api", 2);
let calls = 0;
let most = 0;
const rate = (currency: string) =>
  api.using(async ({ signal }) => {
    most = Math.max(most, ++calls);
    await work(20); // the call itself; give it `signal`, which aborts when the permit is lost
    signal.throwIfAborted();
    calls--;
    return `rate of ${currency}`;
  });

// one import for each customer; a second one of the same customer is left out
const importData = app.task(
  "import",
  locked((customer: string) => `import:${customer}`, { onBusy: "skip" })(async (customer: string) => {
    await work(200);
    return customer;
  }),
);

const leading = new Promise((resolve) => app.events.on("beat-leading", resolve));
await app.worker().start();
app.beat().start();
await leading;

const rates = await Promise.all(["EUR", "JPY", "CHF", "SEK", "NOK"].map(rate));
console.log(rates.length, "calls, at most", most, "at once");

for (const each of await importData.delayMany([["acme"], ["acme"], ["zenith"]])) {
  const outcome = await each.get({ propagate: false, timeout: 10 });
  console.log(outcome instanceof Error ? await each.state() : outcome);
}

await app.locks.mutex("ledger").using(() => app.schedules.trigger("nightly")); // as the beat does at two
await app.schedules.trigger("nightly");
for (const { fate, reason } of await app.schedules.history("nightly")) console.log(fate, reason);

await app.close();
rmSync(folder, { recursive: true });
// prints:
// 5 calls, at most 2 at once
// acme
// REVOKED
// zenith
// skipped locked
// sent triggered
