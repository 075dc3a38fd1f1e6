// What is tried again and what is not, what is told without alarm, and a service that says when to come back.
import { Reject, RemoteTaskError, Sunbeat } from "sunbeat";

const line = (text: string): void => {
  if (/ (retry|raised|rejected|succeeded)/.test(text)) console.log(text.replace(/ in 0\.\d+s/, ""));
};
const logger = { debug: () => undefined, info: line, warn: line, error: line };
const app = new Sunbeat("retries", { broker: "memory:", logger });

/** A stand-in for a payment service: the status that it answers, by order and try. */
const answers: Readonly<Record<string, readonly number[]>> = {
  paid: [503, 429, 200],
  declined: [402],
  unknown: [404],
};

class Declined extends Error {
  override readonly name = "Declined";
}

const charge = app.task(
  "charge",
  {
    bind: true,
    retry: { max: 4, delay: "20ms", backoff: true, jitter: false, except: [Declined] },
    throws: [Declined],
  },
  (self, order: string) => {
    const status = answers[order]?.[self.request.retries];
    if (status === 200) return "paid";
    if (status === 402) throw new Declined("no funds");
    if (status === 404) throw new Reject(`there is no order ${order}`);
    // What the service says in Retry-After goes before the policy.
    if (status === 429) self.retry({ countdown: "50ms", error: new Error("429 Too Many Requests") });
    throw new Error(`${status} from the service`);
  },
);

await app.worker().start();
for (const order of Object.keys(answers)) {
  const result = await charge.applyAsync([order], { taskId: order });
  const end = await result.get({ propagate: false, timeout: 10 });
  console.log(end instanceof RemoteTaskError ? `${end.remoteName} in try ${end.tries}` : end);
}
await app.close();
// prints:
// Task charge[paid] retry: Retry in 20ms: Error('503 from the service')
// Task charge[paid] retry: Retry in 50ms: Error('429 Too Many Requests')
// Task charge[paid] succeeded
// paid
// Task charge[declined] raised expected: Declined('no funds')
// Declined in try 1
// Task charge[unknown] rejected: there is no order unknown
// Reject in try 1
