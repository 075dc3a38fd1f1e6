// One process of a fleet that has many schedules due at the same second, under `spread`: "beat" sends, "worker" runs. Arguments: one JSON object.
import { crontab, Sunbeat } from "../dist/index.js";
import { dispatchDelay } from "../dist/beat/occurrences.js";

const { role, broker, count, due, spreadMs, perSecond } = JSON.parse(process.argv[2]);
const at = new Date(due);
const schedule = crontab(`${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, { timezone: "UTC" });
const app = new Sunbeat("midnight", {
  broker,
  logger: null,
  ...{ workerConcurrency: 50, spread: `${spreadMs}ms`, timezone: "UTC" },
  beatSchedule: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`entry-${i}`, { task: "note", schedule, misfire: "skip" }]),
  ),
});
app.task("note", { ignoreResult: true }, () => {});

if (role === "worker") {
  await app.worker().start();
} else {
  const seconds = new Map();
  let [sent, missed, latest] = [0, 0, 0];
  app.events.on("schedule-sent", ({ entry, lateMs }) => {
    sent++;
    latest = Math.max(latest, lateMs - dispatchDelay({ name: entry, jitterMs: spreadMs }, null));
    const second = Math.floor((due + lateMs) / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  });
  app.events.on("schedule-skipped", ({ count: skipped }) => (missed += skipped));
  app.beat({ maxStartsPerSecond: perSecond }).start();
  const asked = setInterval(() => {
    if (sent + missed < count) return;
    clearInterval(asked);
    process.send({ early: true, sent, missed, latest, most: Math.max(...seconds.values()) });
  }, 50);
}
process.on("message", async () => {
  await app.close();
  process.exit();
});
process.send({ ready: true });
