// One import for each customer at a time: a second one of the same customer is left out.
import { locked, Sunbeat } from "sunbeat";

const app = new Sunbeat("imports", { broker: "memory:" });
const importData = app.task(
  "import",
  locked((customer: string) => `import:${customer}`, { onBusy: "skip" })(async (customer: string) => {
    await new Promise((resolve) => setTimeout(resolve, 200)); // the import itself
    return `${customer} is imported`;
  }),
);
await app.worker().start();

const sent = await importData.delayMany([["acme"], ["acme"], ["zenith"]]);
for (const each of sent) {
  const outcome = await each.get({ propagate: false, timeout: 10 });
  console.log(outcome instanceof Error ? await each.state() : outcome);
}
await app.close();
// prints:
// acme is imported
// REVOKED
// zenith is imported
