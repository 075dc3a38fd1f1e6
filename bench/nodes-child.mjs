// Five workers of one process, until the parent says that it is enough. Arguments: one JSON object.
import { Sunbeat } from "../dist/index.js";

const { broker, first } = JSON.parse(process.argv[2]);
const app = new Sunbeat("bench", { broker, logger: null });
app.task("add", (x, y) => x + y);
const workers = Array.from({ length: 5 }, (_, n) => app.worker({ hostname: `w${first + n}@bench` }));
await Promise.all(workers.map((worker) => worker.start()));
process.send("ready");
process.on("message", async () => {
  await app.close();
  process.disconnect();
});
