import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { appendTo } from "../../src/logging/index.js";
import { ManualClock } from "../../src/testing/index.js";

const folders: string[] = [];
let folder: string;
let file: string;
let clock: ManualClock;
const told: string[] = [];

beforeEach(() => {
  folders.push((folder = mkdtempSync(path.join(tmpdir(), "sunbeat-log-"))));
  file = path.join(folder, "w.log");
  clock = new ManualClock();
  told.length = 0;
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

const open = (at = file): ((text: string) => void) => appendTo(at, clock, (problem) => told.push(problem));

test("it is made for its owner alone, and appended to", () => {
  open()("one\n");
  open()("two\n");
  expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
});

test("one that was moved away is left for a new one within a second", async () => {
  const write = open();
  write("one\n");
  renameSync(file, `${file}.1`);
  write("still there\n");
  await clock.advance(1_000);
  write("two\n");
  expect([readFileSync(`${file}.1`, "utf8"), readFileSync(file, "utf8")]).toEqual([
    "one\nstill there\n",
    "two\n",
  ]);
});

test("one that was cut to nothing is written from its start", () => {
  const write = open();
  write("one\n");
  truncateSync(file);
  write("two\n");
  expect(readFileSync(file, "utf8")).toBe("two\n");
});

test("where its folder is gone, what is open is written to, and that is told once", async () => {
  const inner = path.join(folder, "inner");
  mkdirSync(inner);
  const write = open(path.join(inner, "w.log"));
  rmSync(inner, { recursive: true });
  for (let count = 0; count < 5; count++) {
    await clock.advance(700);
    write("x\n");
  }
  expect(told).toEqual([expect.stringContaining("ENOENT")]);
});

test.each<[string, () => string, RegExp]>([
  ["a folder that is not there", () => path.join(folder, "no/w.log"), /ENOENT/],
  ["a folder", () => folder, /EISDIR/],
  ["a symbolic link", () => (symlinkSync("/etc/hosts", file), file), /ELOOP/],
])("%s is refused", (_, at, message) => expect(() => open(at())).toThrow(message));

test.runIf(existsSync("/dev/full"))("a full disk is told once, and throws nothing", () => {
  const write = open("/dev/full");
  for (let count = 0; count < 5; count++) write("x\n");
  expect(told).toEqual([expect.stringContaining("ENOSPC")]);
});
