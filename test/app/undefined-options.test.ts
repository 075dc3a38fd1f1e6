/** An option that is `undefined` is one that was left out: what the types say (test/types/undefined-options.ts) holds. */
import { expect, test } from "vitest";
import { clocked, crontab, every, locked, Reject, Retry, solar, Sunbeat, upcoming } from "../../src/index.js";
import { redisBroker } from "../../src/redis.js";
import { quorum } from "../../src/redlock.js";
import { virtualTime } from "../../src/testing/index.js";

/** `unset("a b")` is `{ a: undefined, b: undefined }`. */
function unset(keys: string): Record<string, undefined> {
  return Object.fromEntries(keys.split(" ").map((key) => [key, undefined]));
}

const SEND =
  "countdown eta expires taskId queue priority headers ignoreResult resultExpires maxDeliveries unique";
const ENTRY = "options enabled misfire overlap overlapTimeout jitter startAt endAt maxRuns lock description";
const LOCK = "capacity onBusy retryIn waitTimeout lease";
const APP =
  "broker timezone dst beatSchedule beat_schedule version taskDefaultQueue taskIgnoreResult taskTrackStarted " +
  "taskTimeLimit taskSoftTimeLimit resultExpires maxDeliveries payloadLimit taskPublishRetry taskPublishRetryPolicy " +
  "workerPool workerConcurrency workerAutoscale workerMaxTasksPerChild workerMaxMemoryPerChild workerRedirectStdouts workerChildEnv terminateGrace " +
  "workerPrefetchMultiplier lease gracePeriod logResults graphLimit taskAlwaysEager spread beatLease beatMaxLoopInterval retention logger";

const app = (options: object = {}): Sunbeat => new Sunbeat("a", { broker: "memory:", ...options });

test.each<[string, () => unknown]>([
  ["an app", () => app(unset(APP))],
  ["retention", () => app({ retention: unset("maxAge maxRows") })],
  [
    "taskPublishRetryPolicy",
    () => app({ taskPublishRetryPolicy: unset("maxRetries intervalStart intervalStep intervalMax") }),
  ],
  [
    "an entry of the code",
    () => app({ beatSchedule: { e: { task: "t", schedule: 30, args: undefined, ...unset(ENTRY) } } }),
  ],
  [
    "what an entry holds",
    () =>
      app({
        beatSchedule: {
          e: {
            task: "t",
            schedule: 30,
            options: unset(SEND.replace("taskId ", "")),
            misfire: unset("policy within max"),
            lock: { name: "l", capacity: undefined },
          },
        },
      }),
  ],
  [
    "a task",
    () =>
      app().task(
        "t",
        unset(
          "bind queue priority retry throws storeErrorsEvenIfIgnored timeLimit softTimeLimit lease acks ignoreResult resultExpires maxDeliveries trackStarted input lock pool rateLimit lane unique",
        ),
        () => 1,
      ),
  ],
  ["retry", () => app().task("t", { retry: unset("max delay backoff maxDelay jitter on except") }, () => 1)],
  ["the lock of a task", () => app().task("t", { lock: { name: "l", ...unset(LOCK) } }, () => 1)],
  ["unique", () => app().task("t", { unique: unset("key ttl until onConflict maxWait") }, () => 1)],
  ["locked", () => locked("l", unset(LOCK))],
  [
    "a worker",
    () =>
      app().worker(
        unset(
          "pool concurrency autoscale maxTasksPerChild maxMemoryPerChild timeLimit softTimeLimit app queues prefetchMultiplier hostname gracePeriod",
        ),
      ),
  ],
  ["a beat", () => app().beat(unset("maxLoopInterval maxStartsPerSecond hostname register"))],
  ["Retry", () => new Retry(unset("countdown error"))],
  ["Reject", () => new Reject("no", unset("requeue"))],
  [
    "the options of a crontab",
    () => crontab("0 9 * * *", unset("timezone dayMatch dst class extended hashKey")),
  ],
  [
    "the fields of a crontab",
    () => crontab({ minute: 0, ...unset("second hour dayOfMonth monthOfYear day_of_week") }),
  ],
  ["the other spelling of a field", () => crontab({ minute: 0, dayOfMonth: 5, day_of_month: undefined })],
  ["every", () => every("1h", unset("offset"))],
  ["solar", () => solar("sunset", 48.86, 2.35, unset("offset"))],
  ["clocked", () => clocked("2027-01-01T00:00:00Z", unset("timezone"))],
  ["upcoming", () => upcoming(every("1h"), { after: 0, count: 1, until: undefined })],
  ["lints", () => crontab("0 9 * * *").lints(unset("from runTimeP95Ms"))],
  ["redisBroker", () => redisBroker({}, unset("namespace"))],
  ["quorum", () => quorum(["redis://a", "redis://b", "redis://c"], unset("namespace logger"))],
])("%s takes undefined for each option", (_, make) => {
  expect(make).not.toThrow();
});

test.each<[string, (app: Sunbeat) => Promise<unknown>]>([
  ["applyAsync", (app) => app.sendTask("t", [], unset(SEND))],
  ["delayMany", (app) => app.task("many", () => 1).delayMany([[]], unset(SEND))],
  ["schedules.set", (app) => app.schedules.set("x", { task: "t", schedule: 30, ...unset(`args ${ENTRY}`) })],
  ["schedules.next", (app) => app.schedules.next("e", unset("count after"))],
  ["schedules.list", (app) => app.schedules.list(unset("after limit"))],
  ["schedules.history", (app) => app.schedules.history("e", unset("after before limit"))],
  ["schedules.trigger", (app) => app.schedules.trigger("e", unset("force"))],
  ["locks.list", (app) => app.locks.list(unset("after limit"))],
  ["locks.history", (app) => app.locks.history(unset("limit before"))],
  ["acquire", (app) => app.locks.mutex("m").acquire(unset("wait lease signal"))],
  ["using", (app) => app.locks.mutex("m").using(() => 1, unset("wait lease signal timeLimit"))],
  ["revoke", async (app) => (await app.sendTask("t")).revoke(unset("terminate"))],
])("%s takes undefined for each option", async (_, call) => {
  const started = app({ logger: undefined });
  started.task("t", () => 1);
  const time = await virtualTime(started, unset("start seed queues concurrency"));
  await started.schedules.set("e", { task: "t", schedule: 30 });
  await call(started);
  await time.close();
});

test.each<[string, "get" | "retry"]>([
  ["get", "get"],
  ["self.retry", "retry"],
])("%s takes undefined for each option", async (_, what) => {
  const started = app({ logger: undefined });
  const task = started.task("t", { bind: true }, (self, how: string) =>
    how === "retry" ? self.retry(unset("countdown error")) : "done",
  );
  const time = await virtualTime(started);
  const result = await task.delay(what);
  await time.advance("1s");
  if (what === "get") expect(await result.get(unset("timeout propagate signal"))).toBe("done");
  else expect(await result.state()).toBe("RETRY");
  await time.close();
});
