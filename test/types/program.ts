/** The program of the README, without what later versions add: it must compile as it stands. Never run. */
import { Sunbeat, crontab, every, solar } from "../../src/index.js";

export const app = new Sunbeat("shop", {
  broker: process.env["SUNBEAT_BROKER"],
  timezone: "Europe/Paris",
  beatSchedule: {
    "add-every-30-seconds": { task: "tasks.add", schedule: 30, args: [16, 16] },
    "monday-morning": {
      task: "tasks.add",
      schedule: crontab({ hour: 7, minute: 30, dayOfWeek: 1 }),
      args: [1, 2],
    },
    "night-report": {
      task: "reports.build",
      schedule: crontab("30 2 * * mon-fri"),
      overlap: "skip",
      misfire: "latest",
    },
    "melbourne-lamps": {
      task: "lamps.on",
      schedule: solar("sunset", -37.81753, 144.96715, { offset: "-30m" }),
    },
    heartbeat: { task: "tasks.ping", schedule: every("90s"), options: { queue: "fast", expires: 60 } },
  },
});

export const add = app.task("tasks.add", (x: number, y: number) => x + y);
export const ping = app.task("tasks.ping", async () => "pong");

export const build = app.task(
  "reports.build",
  { bind: true, retry: { max: 5, backoff: true } },
  async (self) => {
    self.log.info("building for", self.request.scheduledFor);
    await fetch("https://example.com", { signal: self.signal });
  },
);

export const lamps = app.task("lamps.on", async () => {});

export async function calls(): Promise<void> {
  await add(4, 5);
  const result = await add.delay(4, 4);
  await result.get({ timeout: 10 });
  await add.applyAsync([2, 2], { countdown: 10, expires: 120, queue: "fast", priority: 5 });
  await add.delayMany([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  await app.sendTask("tasks.add", [2, 2]);
  await app.result(result.id).state();
}
