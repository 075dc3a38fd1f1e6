import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hasSafeLog, loadDriver } from "../../../src/store/sqlite/driver.js";

test.each([
  // version   safe    because
  ["3.44.5", false, "before the fix of its line"],
  ["3.44.6", true, "the fix was brought to this line"],
  ["3.45.3", false, "this line never got it"],
  ["3.50.6", false, "before the fix of its line"],
  ["3.50.7", true, "the fix was brought to this line"],
  ["3.51.2", false, "the last one before the fix"],
  ["3.51.3", true, "the fix"],
  ["3.53.0", true, "after the fix"],
  ["4.0.0", true, "after the fix"],
  ["", false, "unknown"],
])("the write-ahead log of SQLite %s is safe: %s, %s", (version, safe) => {
  expect(hasSafeLog(version)).toBe(safe);
});

test("a driver opens, prepares and tells SQLite's version", async () => {
  const handle = (await loadDriver()).open(":memory:");
  expect(handle.prepare("SELECT sqlite_version() AS version").get()).toEqual({
    version: expect.stringMatching(/^3\.\d+\.\d+$/) as unknown,
  });
  handle.close();
});

test("loading the driver prints no warning, and leaves other warnings alone", () => {
  const driver = fileURLToPath(new URL("../../../src/store/sqlite/driver.ts", import.meta.url));
  const program = `
    const { loadDriver } = await import(${JSON.stringify(driver)});
    await loadDriver();
    process.emitWarning("kept", "ExperimentalWarning");
    process.on("warning", (warning) => console.log(warning.name + ": " + warning.message));`;
  const args = ["--no-warnings", "--import", "tsx", "--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe("ExperimentalWarning: kept\n");
});
