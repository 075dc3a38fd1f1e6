/** `sunbeat call --unique`: the option `unique` of a send, from the command line. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

const place = new Playground();
afterAll(() => place.dispose());
beforeAll(() =>
  writeFileSync(
    path.join(place.folder, "once.mjs"),
    `import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("once", { broker: "sqlite:./once.db" });
app.task("sync", (user) => user);`,
  ),
);

const call = (...args: string[]) => place.sunbeat(["-A", "once.mjs", "call", "sync", ...args]);

test("the id is that of the task that has the key, and a refusal names it", async () => {
  const unique = ["--unique", "ada"];
  expect(await call("--task-id", "a", ...unique)).toMatchObject({ exitCode: 0, stdout: "a\n" });
  expect(await call("--task-id", "b", ...unique)).toMatchObject({ exitCode: 0, stdout: "a\n" });
  expect(await call("--task-id", "c", "--unique", "bob")).toMatchObject({ exitCode: 0, stdout: "c\n" });
  const refused = await call("--task-id", "d", ...unique, "--on-conflict", "refuse");
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(/"a" is there.*\[SUNBEAT_TASK_NOT_UNIQUE\]\n$/);
  const replacing = ["-a", '["new"]', ...unique, "--on-conflict", "replace", "--wait"];
  const waiting = place.start(["-A", "once.mjs", "call", "sync", ...replacing]);
  await waiting.says(/^waiting for a$/m);
  const worker = place.start(["-A", "once.mjs", "worker"]);
  expect(await waiting.ended()).toMatchObject({ exitCode: 0, stdout: "new\n" });
  worker.signal("SIGTERM");
  await worker.ended();
});

test.each([
  // arguments, what is said
  [["--on-conflict", "refuse"], "--on-conflict belongs to --unique"],
  [["--unique", "k", "--on-conflict", "never"], "Allowed choices are join, replace, refuse, queue-one"],
  [["--unique", ""], "--unique: expected text that is not empty"],
])("call %j is wrong usage: %s", async (args, said) => {
  const answer = await call(...args);
  expect(answer).toMatchObject({ exitCode: 2, stdout: "" });
  expect(answer.stderr).toContain(said);
});
