/**
 * D1 and E1 on SQLite when the log of a file in use is taken away, or the file is reached by a second name: two logs of one
 * file would be two stores. `sunbeat beat` and `sunbeat worker` run, something happens, and a second pair is started.
 */
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadDriver } from "../../src/store/sqlite/driver.js";
import { pragma } from "../../src/store/sqlite/pragmas.js";
import { PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type AppSpec, type Program, Programs } from "../support/fault-programs.js";

const ENTRIES = 10;

let folder: string;
let programs: Programs;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sunbeat-logs-"));
  programs = new Programs();
});
afterEach(async () => {
  await programs.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

const log = (): string => path.join(folder, "log");

/** Ten entries, each due every second. */
function specOf(file: string): AppSpec {
  const names = Array.from({ length: ENTRIES }, (_, n) => `e${n}`);
  const misfire = { policy: "all", within: "1h", max: 1_000 } as const;
  const entries = Object.fromEntries(names.map((name) => [name, { task: "log", schedule: 1, misfire }]));
  return { broker: `sqlite://${file}`, entries, log: log() };
}

/** The ids in the order in which they ran. */
function ran(): string[] {
  if (!existsSync(log())) return [];
  const lines = readFileSync(log(), "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

async function untilRan(count: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (ran().length < count) {
    if (performance.now() > deadline) throw new Error(`never ran: ${count} tasks`);
    await pause(50);
  }
}

const twice = (): string[] => ran().filter((id, index, all) => all.indexOf(id) !== index);

async function pair(file: string): Promise<[beat: Program, worker: Program]> {
  return [await programs.beat(specOf(file)), await programs.worker(specOf(file))];
}

async function integrity(file: string): Promise<string | number> {
  const handle = (await loadDriver()).open(file);
  try {
    return pragma(handle, "integrity_check");
  } finally {
    handle.close();
  }
}

test.each([
  { removed: ["-shm"], because: "the locks are in it: two of them exclude nobody" },
  { removed: ["-wal"], because: "the last commits are in it" },
  { removed: ["-wal", "-shm"], because: "it is what people remove with the file in mind" },
])(
  "$removed removed while beat and worker run: both end, and nothing of a second pair runs twice ($because)",
  async ({ removed }) => {
    const file = path.join(folder, "store.db");
    const first = await pair(file);
    await untilRan(3 * ENTRIES);

    for (const part of removed) rmSync(file + part);
    const second = await pair(file);

    for (const program of first) {
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.said).toContain("-wal or -shm was removed; restart this process");
    }
    await untilRan(ran().length + 3 * ENTRIES);
    for (const program of second) expect(await program.end()).toEqual({ code: 0, signal: null });
    expect(twice()).toEqual([]);
    expect(await integrity(file)).toBe("ok");
  },
  3 * PATIENCE_MS,
);

test(
  "a second hard link: who opens it is refused while the first name is in use, and takes over when it is not",
  async () => {
    const file = path.join(folder, "store.db");
    const first = await pair(file);
    await untilRan(ENTRIES);
    mkdirSync(path.join(folder, "other"));
    const other = path.join(folder, "other", "linked.db");
    linkSync(file, other);

    const refused = programs.start(["worker"], specOf(other));
    expect((await refused.ended).code).toBe(1);
    expect(refused.said).toContain(`is in use as ${file}`);

    for (const program of first) expect(await program.end()).toEqual({ code: 0, signal: null });
    const before = ran().length;
    const second = await pair(other);
    await untilRan(before + ENTRIES);
    const late = programs.start(["beat"], specOf(file));
    expect((await late.ended).code).toBe(1);
    for (const program of second) expect(await program.end()).toEqual({ code: 0, signal: null });
    expect(twice()).toEqual([]);
    expect(await integrity(other)).toBe("ok");
  },
  3 * PATIENCE_MS,
);
