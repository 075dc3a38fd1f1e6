import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { hasSafeLog, loadDriver } from "../../../src/store/sqlite/driver.js";

const PACKAGE = "@photostructure/sqlite";

afterEach(() => {
  vi.doUnmock(PACKAGE);
  vi.restoreAllMocks();
});

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

test.each([
  ["is not installed", "it is an optional peer", "ERR_MODULE_NOT_FOUND", "Cannot find package"],
  ["cannot be loaded (no binary here)", "installing it again helps", undefined, "no binary here"],
])(
  "below Node 22.13 a SQLite that %s is one sentence with the command: %s",
  async (what, _because, code, message) => {
    vi.spyOn(process as { getBuiltinModule(name: string): unknown }, "getBuiltinModule").mockReturnValue(
      undefined,
    );
    vi.doMock(PACKAGE, () => ({
      get DatabaseSync(): never {
        throw Object.assign(new Error(message), { code });
      },
    }));
    await expect(loadDriver()).rejects.toMatchObject({
      code: "SUNBEAT_DRIVER_MISSING",
      message:
        `a sqlite: broker on Node ${process.versions.node} needs the package ${PACKAGE}, which ${what} ` +
        `(Node 22.13 and newer need none); run: npm install ${PACKAGE}@1`,
    });
  },
);
