/** The log of a file that is in use is taken away: nobody may go on as if it were there. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { systemRandom } from "../../../src/core/random.js";
import { Connection } from "../../../src/store/sqlite/connection.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { openFile } from "../../../src/store/sqlite/open.js";
import { OpenFiles } from "../../../src/store/sqlite/open-files.js";
import { pragma } from "../../../src/store/sqlite/pragmas.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { started } from "./children.js";
import { Lines, message, newFolder, openStore } from "./files.js";

const REPLACED = { code: "SUNBEAT_STORE_REPLACED", retryable: false };
const dropped = (path: string, ...parts: string[]): void => {
  for (const part of parts) rmSync(path + part);
};

async function isWhole(path: string): Promise<boolean> {
  const handle = (await loadDriver()).open(path);
  try {
    return pragma(handle, "integrity_check") === "ok";
  } finally {
    handle.close();
  }
}

describe.each([
  { parts: ["-shm"], because: "the locks in it exclude nobody any more" },
  { parts: ["-wal"], because: "others see nothing of what is written to it" },
  { parts: ["-wal", "-shm"], because: "others begin a log of their own" },
])("$parts removed ($because)", ({ parts }) => {
  test("the next step is refused, and its writing is not done", async () => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path);
    await store.sender.enqueue([message("before")]);
    dropped(path, ...parts);
    await expect(store.sender.enqueue([message("after")])).rejects.toMatchObject(REPLACED);
    await expect(store.results.get(["before"])).rejects.toMatchObject(REPLACED);
    await store.close();
    const reader = await started(path, "drain");
    expect(await reader.line()).toBe("got before");
    expect(reader.seen).not.toContain("got after");
  });

  test("also after a quiet time in which one look at the folder stood for all", async () => {
    const path = join(newFolder(), "store.db");
    const clock = new ManualClock();
    const store = await openStore(path, {}, { clock });
    for (const [at, pauseMs] of [3_000, 10, 10].entries()) {
      await store.sender.enqueue([message(`m${at}`)]);
      await clock.advance(pauseMs);
    }
    dropped(path, ...parts);
    await expect(store.sender.enqueue([message("after")])).rejects.toMatchObject(REPLACED);
  });

  test("whoever waits is told", async () => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path, {}, { clock: systemClock });
    const arrivals = await store.consumer.listen(["q"]);
    const result = store.results.wait("a", new AbortController().signal);
    dropped(path, ...parts);
    await expect(result).rejects.toMatchObject(REPLACED);
    // Ends long before its time.
    await arrivals.wait(100_000, new AbortController().signal);
    await expect(
      store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1_000, max: 1 }),
    ).rejects.toMatchObject(REPLACED);
  });

  test("a store that is opened later in the same process is refused too: it would get the log's old index", async () => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path);
    await store.sender.enqueue([message("before")]);
    dropped(path, ...parts);
    await expect(openStore(path)).rejects.toMatchObject(REPLACED);
    await store.close();
    await expect(openStore(path)).rejects.toMatchObject(REPLACED);
    expect(readdirSync(join(path, "..")).filter((name) => name.includes("corrupt"))).toEqual([]);
  });

  test("a process that was suspended meanwhile spoils nothing of what others wrote", async () => {
    const path = join(newFolder(), "store.db");
    const suspended = await started(path, "send");
    suspended.process.stdin.write("before\n");
    expect(await suspended.line()).toBe("sent before");
    suspended.process.kill("SIGSTOP");
    dropped(path, ...parts);

    const other = await started(path, "send");
    const ids = Array.from({ length: 50 }, (_, n) => `m${n}`);
    other.process.stdin.write(`${ids.join(" ")}\n`);
    expect(await other.line()).toBe(`sent ${ids.join(" ")}`);
    other.process.stdin.end();
    await other.ended;
    suspended.process.kill("SIGCONT");
    suspended.process.stdin.write("after\n");
    expect(await suspended.line()).toBe("failed SUNBEAT_STORE_REPLACED");
    suspended.process.stdin.end();
    await suspended.ended;

    expect(await isWhole(path)).toBe(true);
    const there = await (await openStore(path)).results.get([...ids, "after"]);
    expect(there.map((found) => found !== null)).toEqual([...ids.map(() => true), false]);
  });
});

test("a step that was suspended in its middle is not committed to a log that went meanwhile", async () => {
  const path = join(newFolder(), "store.db");
  let monotonicMs = 0;
  const clock = { ...systemClock, monotonicMs: () => monotonicMs };
  const context = { clock, random: systemRandom, logger: new Lines() };
  const { handle } = await openFile(await loadDriver(), path, context);
  const files = new OpenFiles(path, path, true, clock);
  const options = { origin: null, onCommit: () => undefined, onCorrupt: () => undefined };
  const connection = new Connection(handle, files, context, options);
  const step = connection.write((step) => {
    step.run("INSERT INTO counter VALUES ('x', 1)");
    dropped(path, "-shm");
    monotonicMs += 60_000;
  });
  await expect(step).rejects.toMatchObject(REPLACED);
  connection.close();
  const there = (await loadDriver()).open(path);
  expect(there.prepare("SELECT name FROM counter WHERE name = 'x'").get()).toBeUndefined();
  there.close();
});

test("what a removed log still has goes into the file, so that nothing is lost", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path);
  const before = readFileSync(path);
  await store.sender.enqueue([message("in the log alone")]);
  expect(readFileSync(path)).toEqual(before);
  dropped(path, "-wal", "-shm");
  await expect(store.sender.enqueue([message("after")])).rejects.toMatchObject(REPLACED);
  expect(await (await started(path, "drain")).line()).toBe("got in the log alone");
});

test("a file that somebody wrote over after removing the log stays as they made it", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path);
  const copy = readFileSync(path);
  await store.sender.enqueue([message("a")]);
  dropped(path, "-wal", "-shm");
  writeFileSync(path, copy);
  await expect(store.sender.enqueue([message("b")])).rejects.toMatchObject(REPLACED);
  await store.close();
  expect(readFileSync(path)).toEqual(copy);
});

test.each([
  ["its folder was moved", (folder: string) => renameSync(folder, `${folder}-old`)],
  [
    "another folder has taken the place of its folder",
    (folder: string) => {
      renameSync(folder, `${folder}-old`);
      mkdirSync(folder);
    },
  ],
  [
    "a link on the way leads elsewhere now",
    (folder: string) => {
      unlinkSync(`${folder}-link`);
      symlinkSync(join(folder, ".."), `${folder}-link`);
    },
  ],
])("a step is refused when %s", async (_what, act) => {
  const folder = join(newFolder(), "data");
  mkdirSync(folder);
  symlinkSync(folder, `${folder}-link`);
  const store = await openStore(join(`${folder}-link`, "store.db"));
  await store.sender.enqueue([message("a")]);
  expect(existsSync(join(folder, "store.db"))).toBe(true);
  act(folder);
  await expect(store.sender.enqueue([message("b")])).rejects.toMatchObject(REPLACED);
});
