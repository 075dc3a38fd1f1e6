// A dashboard in a process of its own, as `sunbeat dashboard` is one. Argument: a broker. Tells its address, and when it is asked what it
// has used so far.
import { coreOf } from "../dist/app/index.js";
import { systemClock } from "../dist/core/clock.js";
import { openDashboard } from "../dist/dashboard/open.js";
import { DashboardServer } from "../dist/dashboard/server.js";
import { Sunbeat } from "../dist/index.js";

const app = new Sunbeat("bench", { broker: process.argv[2], logger: null });
const core = coreOf(app);
const made = openDashboard(core, {}, { isLoopback: true, users: null, token: null });
const server = new DashboardServer({ ...made, clock: systemClock });
let calls = 0;
core.callMeter.on(() => calls++);
process.on("message", async (message) => {
  if (message === "usage") {
    const { user, system } = process.cpuUsage();
    process.send({ calls, cpuMicros: user + system, rss: process.memoryUsage().rss });
    return;
  }
  await server.close();
  await app.close();
  process.disconnect();
});
process.send({ url: `http://127.0.0.1:${await server.listen("127.0.0.1", 0)}` });
