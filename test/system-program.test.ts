import { afterEach, expect, test, vi } from "vitest";
import { fromSystem } from "./support/system-program.js";

afterEach(() => vi.restoreAllMocks());

const missing = {
  need: "sundial is needed to test shadows",
  apt: "sundial",
  elsewhere: { macOS: "brew install sundial" },
  find: () => undefined,
};

test("what a test needs and may not install fails the run with the commands, and skips nothing", () => {
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  expect(() => fromSystem(missing)).toThrow(
    "sundial is needed to test shadows. Install it:\n" +
      "  Debian, Ubuntu:  apt-get install -y sundial\n" +
      "  macOS:           brew install sundial",
  );
});

test("what is there already is taken, whoever runs the tests", () => {
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  expect(fromSystem({ ...missing, find: () => "/usr/bin/sundial" })).toBe("/usr/bin/sundial");
});
