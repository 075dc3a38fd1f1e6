/** The small system whose answers docs/cli.md shows. */
import { existsSync } from "node:fs";
import { crontab, every, Sunbeat } from "sunbeat";

export const app = new Sunbeat("shop", {
  broker: "sqlite:./shop.db",
  timezone: "Europe/Paris",
  alerts: { webhooks: ["http://127.0.0.1:9/chat"] },
  beatSchedule: {
    "night-report": {
      task: "reports.build",
      schedule: crontab("30 2 * * *"),
      description: "for the board",
    },
    backup: { task: "reports.wait", schedule: crontab("45 2 * * *", { dst: "skip" }) },
    pulse: { task: "mail.send", schedule: every(1), args: ["ann"] },
    // Its first run goes on until the file `stop` is there.
    crowd: { task: "reports.wait", schedule: every(1), args: ["stop"], overlap: "skip" },
  },
});

export const send = app.task("mail.send", { retry: { max: 1, delay: 0.01 } }, (to) => {
  if (to !== "nowhere") return { to, sent: true };
  throw Object.assign(new Error("mailbox unavailable"), {
    code: "EBOX",
    cause: new Error("550 no such user"),
  });
});
/** Until a file of this name is there, or it is told to stop. */
async function work(self, file = ".") {
  self.progress(1, 4);
  while (!existsSync(file)) {
    self.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "built";
}
export const build = app.task("reports.build", { bind: true, lock: "ledger", rateLimit: "100/s" }, work);
export const wait = app.task("reports.wait", { bind: true }, work);
