// A task that fails is tried again by its retry policy; one that fails for good gives its error to whoever waits.
import { isSunbeatError, RemoteTaskError, Sunbeat } from "sunbeat";

const app = new Sunbeat("retry", { broker: "memory:", logger: null }); // null: what fails is told here alone

const flaky = app.task("flaky", { bind: true, retry: { max: 3, delay: "50ms" } }, (self) => {
  if (self.request.retries < 2) throw new Error("not yet");
  return `worked after ${self.request.retries} retries`;
});
const hopeless = app.task("hopeless", () => {
  throw new TypeError("no such thing");
});
await app.worker().start();

console.log(await (await flaky.delay()).get({ timeout: 10 }));
try {
  await (await hopeless.delay()).get({ timeout: 10 });
} catch (error) {
  if (error instanceof RemoteTaskError && isSunbeatError(error)) console.log(error.code, error.remoteName);
}
await app.close();
// prints:
// worked after 2 retries
// SUNBEAT_TASK_FAILED TypeError
