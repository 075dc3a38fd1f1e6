import { Sunbeat, crontab, every, solar } from "sunbeat";

export const app = new Sunbeat("shop", {
  timezone: "Europe/Paris",
  beatSchedule: {
    "add-every-30-seconds": { task: "tasks.add", schedule: 30, args: [16, 16] },
    "monday-morning": {
      task: "tasks.add",
      schedule: crontab({ hour: 7, minute: 30, dayOfWeek: 1 }),
      args: [1, 2],
    },
    "night-report": { task: "reports.build", schedule: crontab("30 2 * * mon-fri"), overlap: "skip" },
    "melbourne-lamps": {
      task: "lamps.on",
      schedule: solar("sunset", -37.81753, 144.96715, { offset: "-30m" }),
    },
    heartbeat: { task: "tasks.ping", schedule: every("90s"), options: { queue: "fast", expires: 60 } },
  },
});

export const add = app.task("tasks.add", (x: number, y: number) => x + y);
export const ping = app.task("tasks.ping", async () => "pong");
export const lamps = app.task("lamps.on", async () => {});

// bind: the first parameter is the running task
export const build = app.task(
  "reports.build",
  { bind: true, retry: { max: 5, backoff: true } },
  async (self) => {
    self.log.info("building for", self.request.scheduledFor); // when the tick was due, whenever it runs
    await fetch("https://example.com", { signal: self.signal }); // aborts on lost lease, time limit, revoke, shutdown
  },
);
