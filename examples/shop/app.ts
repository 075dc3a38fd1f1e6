import { Sunbeat, crontab, every } from "sunbeat";

export const app = new Sunbeat("shop", {
  timezone: "Europe/Paris",
  logResults: true,
  beatSchedule: {
    "add-every-5-seconds": { task: "tasks.add", schedule: every("5s"), args: [16, 16] },
    "night-report": { task: "reports.build", schedule: crontab("30 2 * * mon-fri") },
  },
});

export const add = app.task("tasks.add", (x: number, y: number) => x + y);
export const report = app.task("reports.build", async () => "built");
