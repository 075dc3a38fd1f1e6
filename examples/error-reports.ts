// Posts each task that fails for good to a service over HTTP: a chat, or one that sends mail. Here the service is a server of our own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Sunbeat } from "sunbeat";

/** Reports that wait while others are on their way; what fails by the thousand is told of by the dozen. */
const MOST_WAITING = 20;

const app = new Sunbeat("shop", { broker: "memory:", logger: null }); // null: what fails is told by the service alone
const reports = new Set<Promise<void>>();

/** A report never fails a task, never waits for long, and holds no arguments, which may be secret. */
function report(url: string): void {
  app.signals.taskFailure.connect(({ id, task, failure, context: { request } }) => {
    if (reports.size >= MOST_WAITING) return;
    const text = `${task} failed: ${failure.name}: ${failure.message}`;
    const body = JSON.stringify({ text, id, hostname: request.hostname });
    const signal = AbortSignal.timeout(5_000);
    const sent = fetch(url, {
      method: "POST",
      body,
      signal,
      headers: { "content-type": "application/json" },
    }).then(
      () => undefined,
      (problem: unknown) => console.error("a report was not sent", problem),
    );
    reports.add(sent);
    void sent.finally(() => reports.delete(sent));
  });
}

const service = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += String(chunk)));
  request.on("end", () => {
    console.log((JSON.parse(body) as { text: string }).text);
    response.end();
  });
});
await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
report(`http://127.0.0.1:${(service.address() as AddressInfo).port}/hook`);

const fail = app.task("mail.send", () => {
  throw new TypeError("no such mailbox");
});
await app.worker().start();
await (await fail.delay()).get({ timeout: 10, propagate: false });
await app.close();
await Promise.all(reports);
service.close();
// prints:
// mail.send failed: TypeError: no such mailbox
