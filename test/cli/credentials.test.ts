/** What people copy into bug reports and chats: no user and no password of a URL is in it. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => {
  place = new Playground();
  const write = (name: string, text: string): void => writeFileSync(path.join(place.folder, name), text);
  write(
    "named.mjs",
    `import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("shop", { taskDefaultQueue: "for redis://s3cret@host" });
`,
  );
  write(
    "throws.mjs",
    `throw new Error("no answer of redis://u:s3cret@host", { cause: new Error("at amqp://s3cret@host") });\n`,
  );
});
afterAll(() => place.dispose());

// Port 1: nobody listens there.
describe.each([
  ["redis://s3cret@127.0.0.1:1", "redis://**@127.0.0.1:1"],
  ["redis://user-s3cret:s3cret@127.0.0.1:1", "redis://**:**@127.0.0.1:1"],
  [
    "redis+sentinel://s3cret@127.0.0.1:1,127.0.0.1:2/main",
    "redis+sentinel://**@127.0.0.1:1,127.0.0.1:2/main",
  ],
  [
    "rediss+cluster://u:s3cret@127.0.0.1:1?sentinelPassword=s3cret",
    "rediss+cluster://**:**@127.0.0.1:1?sentinelPassword=**",
  ],
])("%s", (url, shown) => {
  test.each([["report"], ["report", "--json"], ["doctor", "--debug"]])("%s %s", async (...args) => {
    const { stdout, stderr } = await place.sunbeat(["-A", "named.mjs", "-b", url, ...args]);
    expect(stdout).toContain(shown);
    expect(stdout + stderr).not.toContain("s3cret");
  });

  test("the banner and the log of a worker", async () => {
    const worker = place.start(["-A", "named.mjs", "-b", url, "worker", "--loglevel", "debug"]);
    await worker.says(/\[tasks\]/);
    expect(worker.stderr).toContain(`. broker:      ${shown}`);
    worker.signal("SIGQUIT");
    const { stderr } = await worker.ended();
    expect(stderr).not.toContain("s3cret");
  });
});

test.each([
  { args: ["-A", "named.mjs", "-b", "redi://s3cret@host", "report"], because: "a URL that is refused" },
  { args: ["-A", "named.mjs", "-b", "s3cret@host", "report"], because: "half a URL" },
  { args: ["-A", "throws.mjs", "--debug", "report"], because: "what the app's code throws, causes included" },
  { args: ["redis://s3cret@host"], because: "a URL in the place of a command" },
])("errors: $because", async ({ args }) => {
  const { exitCode, stdout, stderr } = await place.sunbeat(args);
  expect([exitCode === 0, stdout + stderr]).toEqual([false, expect.stringContaining("**@host")]);
  expect(stdout + stderr).not.toContain("s3cret");
});
