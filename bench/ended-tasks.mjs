// Many tasks that have ended, for what is looked for among their records.
import { systemRandom } from "../dist/core/random.js";
import { noteText } from "../dist/tasks/note.js";

const TASKS = ["mail.send", "mail.open", "report.make", "image.scale", "user.sync"];

/** Ends `count` tasks, of which one in 97 fails, of each kind of task, and one in all says "needle". */
export async function endMany(store, count) {
  for (let from = 0; from < count; from += 1_000) {
    const messages = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ id: systemRandom.uuid(), task: TASKS[index % 5], queue: "default", priority: 0, maxDeliveries: 5 },
      ...{ resultTtlMs: 0, body: '{"v":1,"args":[]}' },
    }));
    await store.sender.enqueue(messages);
    const settlements = [];
    while (settlements.length < 1_000) {
      const claim = { queues: ["default"], worker: "default@host-1", leaseMs: 60_000, max: 1_000 };
      for (const { id, token, task, enqueuedAt } of (await store.consumer.claim(claim)).deliveries) {
        const number = from + settlements.length;
        const isFailure = number % 97 === 7;
        const note = noteText({
          ...{ task, queue: "default", state: isFailure ? "failure" : "success", attempt: 1, deliveries: 1 },
          ...{ worker: "default@host-1", entry: null, due: null, waitMs: (number * 7) % 900, root: null },
          ...{
            runMs: (number * 13) % 2_000,
            reason: null,
            error: isFailure ? "Error: connection refused" : null,
          },
          args: `["user-${number * 31}","${number === 1_000 ? "needle" : enqueuedAt % 977}"]`,
        });
        settlements.push({ id, token, kind: "done", result: null, resultTtlMs: 0, note });
      }
    }
    await store.consumer.settle(settlements, null);
    if (from % 20_000 === 0) await store.history.seal(100_000);
  }
  await store.history.seal(1_000_000);
}
