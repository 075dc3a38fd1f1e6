// Many tenants share one queue: those of each keep their order, and a thousand of one do not keep the others waiting.
import { isSunbeatError, Sunbeat } from "sunbeat";

const app = new Sunbeat("mailer", {
  broker: "memory:",
  logger: null, // the worker would warn of the pause
  taskQueues: { mail: { fair: true, maxLength: 12 } },
});

interface Mail {
  readonly tenant: string;
  readonly number: number;
}

const order: string[] = [];
const send = app.task(
  "mail.send",
  { queue: "mail", lane: (mail: Mail) => mail.tenant },
  ({ tenant, number }: Mail) => {
    order.push(`${tenant} ${number}`);
  },
);
const mails = (tenant: string, count: number): [Mail][] =>
  Array.from({ length: count }, (_, index) => [{ tenant, number: index + 1 }]);

// While the queue is paused, acme sends eight mails and globex two.
await app.worker({ concurrency: 1, prefetchMultiplier: 1 }).start();
await app.queues.pause("mail", { for: "1h", reason: "the provider is down" });
const all = await send.delayMany(mails("acme", 8));
all.push(...(await send.delayMany(mails("globex", 2))));

// Initech pays for twice the turns; the queue has room for two of its three mails.
try {
  await send.delayMany(mails("initech", 3), { lane: { name: "initech", weight: 2 } });
} catch (error) {
  if (!isSunbeatError(error) || error.code !== "SUNBEAT_QUEUE_FULL") throw error;
  const { queue, sent, taskIds } = error.details as { queue: string; sent: number; taskIds: string[] };
  console.log(`queue ${queue} is full: ${sent} of 3 were sent`);
  all.push(...taskIds.map((id) => app.result<void>(id)));
}

await app.queues.resume("mail");
await Promise.all(all.map((result) => result.get({ timeout: 10 })));
await app.close();
for (const line of order) console.log(line);
// prints:
// queue mail is full: 2 of 3 were sent
// initech 1
// acme 1
// globex 1
// initech 2
// acme 2
// globex 2
// acme 3
// acme 4
// acme 5
// acme 6
// acme 7
// acme 8
