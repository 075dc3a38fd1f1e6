// Failures to Sentry, with task, id and entry, and a check-in for each run of an entry. `Sentry` is a stub here: with the real client,
// `import * as Sentry from "@sentry/node"` takes its place, and nothing else changes.
import { every, Sunbeat } from "sunbeat";

type CheckIn = { monitorSlug: string; status: "in_progress" | "ok" | "error"; checkInId?: string };
const Sentry = {
  captureException(
    error: Error,
    context: { tags: Record<string, string>; extra: Record<string, unknown> },
  ): string {
    console.log("exception", error.name, error.message, context.tags["task"], context.tags["entry"]);
    return "event-id";
  },
  captureCheckIn({ monitorSlug, status }: CheckIn): string {
    console.log("check-in", monitorSlug, status);
    return "check-in-id";
  },
};

const app = new Sunbeat("shop", {
  broker: "memory:",
  logger: null, // null: what fails is told by the stub alone
  beatSchedule: { nightly: { task: "reports.build", schedule: every("1s") } },
});

/** Check-ins of runs of entries that have not ended yet, by the id of the task. */
const open = new Map<string, string>();

app.signals.taskPrerun.connect(({ id, context: { request } }) => {
  if (request.entry === null) return;
  open.set(id, Sentry.captureCheckIn({ monitorSlug: request.entry, status: "in_progress" }));
});
app.signals.taskFailure.connect(({ id, task, error, context: { request } }) => {
  // What was thrown, with its stack and its cause: anything can be thrown.
  const thrown = error instanceof Error ? error : new Error(String(error));
  Sentry.captureException(thrown, { tags: { task, entry: request.entry ?? "none" }, extra: { id } });
});
app.signals.taskPostrun.connect(({ id, state, context: { request } }) => {
  const checkInId = open.get(id);
  if (checkInId === undefined || request.entry === null) return;
  open.delete(id);
  const status = state === "SUCCESS" ? "ok" : "error";
  Sentry.captureCheckIn({ monitorSlug: request.entry, status, checkInId });
});

app.task("reports.build", () => {
  throw new RangeError("no rows");
});
const failed = new Promise<void>((resolve) => void app.signals.taskPostrun.connect(() => resolve()));
await app.worker().start();
app.beat().start();
await failed;
await app.close();
// prints:
// check-in nightly in_progress
// exception RangeError no rows reports.build nightly
// check-in nightly error
