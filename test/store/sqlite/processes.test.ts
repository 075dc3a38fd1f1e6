/** Several processes on one file: real ones, killed in the middle. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { pragma } from "../../../src/store/sqlite/pragmas.js";
import { Child, started } from "./children.js";
import { message, newFolder, openStore } from "./files.js";

describe("two processes", () => {
  test("one is woken by what the other sends, and the other by its result", async () => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path, {}, { clock: systemClock });
    const worker = await started(path, "listen");
    const delays: number[] = [];
    for (let n = 0; n < 15; n++) {
      const result = store.results.wait(`m${n}`, new AbortController().signal);
      const sentAt = performance.timeOrigin + performance.now();
      await store.sender.enqueue([message(`m${n}`)]);
      const [, id, at] = (await worker.line()).split(" ");
      expect(id).toBe(`m${n}`);
      expect(await result).toMatchObject({ id: `m${n}`, state: "SUCCESS", payload: `m${n}` });
      delays.push(Number(at) - sentAt);
    }
    // The fastest third, since what a loaded machine adds to a timer is not the store's. The fallback poll is at 500 ms.
    expect(delays.sort((a, b) => a - b)[4]).toBeLessThan(250);
  });

  test("a signal reaches subscribers in the other process, and its own once", async () => {
    const path = join(newFolder(), "store.db");
    const here = await openStore(path, {}, { clock: systemClock });
    const there = await openStore(path, {}, { clock: systemClock });
    const heard: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      void there.channel.subscribe("t", (payload) => {
        heard.push(`there ${payload}`);
        resolve();
      });
    });
    await here.channel.subscribe("t", (payload) => void heard.push(`here ${payload}`));
    await here.channel.publish("t", "1");
    await arrived;
    await there.close();
    await here.close();
    expect(heard).toEqual(["here 1", "there 1"]);
  });
});

test("workers killed at any moment: the file stays whole, every message is delivered, none to two at once", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path, {}, { clock: systemClock });
  const ids: string[] = [];
  const delivered: string[] = [];
  for (let round = 0; round < 4; round++) {
    const workers = await Promise.all([started(path, "drain"), started(path, "drain")]);
    // Sent when both are there: on a loaded machine one of them could do the work of all rounds before the other starts.
    const sent = Array.from({ length: 750 }, (_, n) => `r${round}m${n}`);
    ids.push(...sent);
    await store.sender.enqueue(sent.map((id) => message(id)));
    // In the middle of their work: at a line whose number differs from round to round.
    const said = (): number => workers.reduce((sum, worker) => sum + worker.seen.length, 0);
    while (said() < 100 + 37 * round) await Promise.race(workers.map((worker) => worker.said()));
    for (const worker of workers) await worker.kill();
    for (const { seen } of workers) delivered.push(...seen.filter((line) => line.startsWith("got ")));
  }
  const handle = (await loadDriver()).open(path);
  expect(pragma(handle, "integrity_check")).toBe("ok");
  handle.close();
  // No lease has ended, so nothing may have been delivered twice.
  expect(new Set(delivered).size).toBe(delivered.length);
  const [counts] = await store.queues.counts();
  const held = counts?.leased ?? 0;
  // At most the last claim of each killed worker is still held.
  expect(held).toBeLessThanOrEqual(4 * 2 * 3);
  const done = (await store.results.get(ids)).filter((result) => result?.state === "SUCCESS").length;
  expect(done + held + (counts?.ready ?? 0)).toBe(ids.length);
});

test("a sender killed at any moment: what it said was sent is there, and all of one send or nothing", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path, {}, { clock: systemClock });
  for (let round = 0; round < 3; round++) {
    const sender = await started(path, "send");
    const batches = Array.from({ length: 400 }, (_, n) =>
      Array.from({ length: 5 }, (_, k) => `r${round}b${n}k${k}`),
    );
    sender.process.stdin.on("error", () => undefined);
    sender.process.stdin.write(batches.map((batch) => `${batch.join(" ")}\n`).join(""));
    for (let n = 0; n < 30 + 23 * round; n++) await sender.line();
    await sender.kill();
    const said = sender.seen.filter((line) => line.startsWith("sent ")).length;
    const there = await Promise.all(
      batches.map(async (batch) => (await store.results.get(batch)).filter((found) => found !== null).length),
    );
    expect(there.slice(0, said)).toEqual(batches.slice(0, said).map(() => 5));
    expect(there.slice(said).filter((count) => count !== 0 && count !== 5)).toEqual([]);
  }
});

describe.skipIf(process.getuid?.() !== 0)("without the right to write (needs root, to give it up)", () => {
  test.each([
    ["the file", 0o444, 0o777, "SUNBEAT_STORE_READONLY"],
    ["the folder", 0o644, 0o555, "SUNBEAT_STORE_READONLY"],
    ["the file, nor to read it", 0o000, 0o777, "SUNBEAT_STORE_READONLY"],
  ])("%s: a typed error, and the file stays as it is", async (_what, fileMode, folderMode, code) => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    const store = await openStore(path);
    await store.sender.enqueue([message("a")]);
    await store.close();
    const before = readFileSync(path);
    chmodSync(path, fileMode);
    chmodSync(folder, folderMode);
    const child = new Child(path, "unwritable");
    const answer = JSON.parse(await child.line()) as { code: string; retryable: boolean; message: string };
    expect({ code: answer.code, retryable: answer.retryable }).toEqual({ code, retryable: false });
    expect(answer.message).toContain("writable");
    expect(readFileSync(path)).toEqual(before);
  });
});
