import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import { message } from "../conformance/suite/samples.js";
import { Playground } from "../support/cli.js";

let place: Playground;
let store: Store;

beforeAll(async () => {
  place = new Playground();
  const app =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("queues", { broker: "sqlite:./queues.db" });\n';
  writeFileSync(path.join(place.folder, "queues.mjs"), app);
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openSqliteStore(path.join(place.folder, "queues.db"), context, { backups: false });
});
afterAll(async () => {
  await store.close();
  place.dispose();
});

const queues = (...args: string[]) => place.sunbeat(["-A", "queues.mjs", "queues", ...args]);

test("queues are listed with what they hold, paused and resumed", async () => {
  expect(await queues()).toMatchObject({
    exitCode: 0,
    stdout: "no queue holds a task, and none is paused\n",
  });
  await store.sender.enqueue([message("a", { queue: "mail" }), message("b", { queue: "mail" })]);
  expect(await queues("pause", "mail", "--for", "2h", "--reason", "the provider is down")).toMatchObject({
    exitCode: 0,
    stdout: "paused mail for 2h\n",
  });
  expect(await queues("pause", "other")).toMatchObject({
    stdout: 'paused other, until sunbeat queues resume "other"\n',
  });
  const { stdout } = await queues();
  expect(stdout).toMatch(/^QUEUE +READY +OLDEST +SCHEDULED +BLOCKED +LEASED +DEAD +FAILED +PAUSED \(UTC\)\n/);
  expect(stdout).toMatch(
    /\nmail +2 +\S.* +0 +0 +0 +0 +0 +since .*, until .*, by \S+@\S+: the provider is down\n/,
  );
  expect(stdout).toMatch(/\nother +0 +- +0 .* since [^,]*, by \S+@\S+\n$/);
  expect(JSON.parse((await queues("--json")).stdout)).toMatchObject([
    {
      ...{ queue: "mail", ready: 2, scheduled: 0, blocked: 0, leased: 0, dead: 0, failed: 0 },
      oldestReadyAt: expect.any(String) as string,
      paused: { reason: "the provider is down" },
    },
    { queue: "other", paused: { reason: null, until: null } },
  ]);
  expect(JSON.parse((await queues("pause", "other", "--json")).stdout)).toMatchObject({
    queue: "other",
    until: null,
  });
  expect(await queues("resume", "mail")).toMatchObject({ exitCode: 0, stdout: "resumed mail\n" });
  expect(await queues("resume", "mail")).toMatchObject({ exitCode: 0, stdout: "mail was not paused\n" });
  expect(JSON.parse((await queues("resume", "other", "--json")).stdout)).toEqual({
    queue: "other",
    resumed: true,
  });
  expect((await queues()).stdout).toMatch(/\nmail {3}2 {6}\S+ +0 {10}0 {8}0 {7}0 {5}0\n$/);
});

test.each([
  [["pause"], "missing required argument 'name'"],
  [
    ["pause", "q", "--for", "never"],
    '--for: expected a time above zero such as 90s, 1h30m or 2d, got "never"',
  ],
  [["pause", "q", "--for", "0"], "--for: expected a time above zero"],
  [["pause", "q", "--until", "x"], "unknown option '--until'"],
  [["stop", "q"], "too many arguments for 'queues'"],
])("queues %j is wrong usage", async (args, says) => {
  const { exitCode, stderr } = await queues(...args);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(says)]);
});
