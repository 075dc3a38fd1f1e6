// An importer for an API that allows 50 calls a second and two at a time, and says 429 when it is tired.
import { locked, Sunbeat, type TaskContext } from "sunbeat";

const app = new Sunbeat("importer", { broker: "memory:" });

/** The API: tired at its fifth call, for half a second. */
let [calls, atOnce, most, tiredUntil] = [0, 0, 0, 0];
async function api(id: string): Promise<{ status: number; body: string }> {
  if (Date.now() < tiredUntil) throw new Error("called while it rests");
  if (++calls === 5) {
    tiredUntil = Date.now() + 500;
    return { status: 429, body: "" };
  }
  most = Math.max(most, ++atOnce);
  await new Promise((resolve) => setTimeout(resolve, 30));
  atOnce--;
  return { status: 200, body: `customer ${id}` };
}

const fetchCustomer = app.task(
  "customers.fetch",
  { bind: true, rateLimit: { limit: 50, per: "1s", burst: 1 } },
  locked(
    "crm-api",
    2,
  )(async (self: TaskContext, id: string) => {
    const { status, body } = await api(id);
    if (status === 429) self.cooldown({ milliseconds: 600 }); // for every worker; this run comes back then
    return body;
  }),
);
await app.worker({ concurrency: 10 }).start();

const begun = Date.now();
const sent = await fetchCustomer.delayMany(Array.from({ length: 20 }, (_, n) => [String(n)]));
const bodies = await Promise.all(sent.map((each) => each.get({ timeout: 30 })));
console.log(`${bodies.length} customers, the last is ${bodies.at(-1)}`);
console.log(`${calls} calls, at most ${most} at once`);
console.log(`it took the pause of 600 ms and more: ${Date.now() - begun > 900}`);
await app.close();
// prints:
// 20 customers, the last is customer 19
// 21 calls, at most 2 at once
// it took the pause of 600 ms and more: true
