// Tasks with locks as methods and as classes, for those who come from Celery's recipes.
import { currentTask, locked, LockedTask, Sunbeat, task, tasks } from "sunbeat";

const app = new Sunbeat("locked-task", { broker: "memory:" });
const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// @locked('save-to-storage-task', 10) of a function
const save = app.task(
  "save-to-storage",
  locked("save-to-storage-task", 10)(async (path: string) => `saved ${path}`),
);

// LockedTask with lock_name and retry_on_lock = False
class ImportData extends LockedTask {
  lockName = "import-data";
  override retryOnLock = false; // true: asks again every retryIn, 5 s; without it the task waits in line
  async lockedRun(url: string) {
    await work(100);
    return `imported ${url} under ${currentTask().lock?.name}`;
  }
}
const importData = app.register(ImportData, "import-data");

// methods of a class: billing.close
@tasks(app, "billing")
export class Billing {
  @task() @locked("ledger") async close(month: string) {
    return `closed ${month} under ${currentTask().lock?.name}`;
  }
}

await app.worker().start();
console.log(await (await save.delay("/a")).get({ timeout: 10 }));
const [first, second] = await importData.delayMany([["one"], ["two"]]);
console.log(await first!.get({ timeout: 10 }));
console.log(await second!.state()); // it was busy, and does not ask again
const closed = await app.sendTask<string>("billing.close", ["May"]);
console.log(await closed.get({ timeout: 10 }));
await app.close();
// prints:
// saved /a
// imported one under import-data
// REVOKED
// closed May under ledger
