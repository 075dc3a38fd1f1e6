import { expect, test, vi } from "vitest";
import { withoutWarning } from "../../src/core/warnings.js";

test("a warning is kept back by its name and what it mentions, during the work alone, and no other is", () => {
  const seen: unknown[][] = [];
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation((...args: unknown[]) => {
    seen.push(args);
  });
  const warn = (): number => {
    process.emitWarning("old() is deprecated", "DeprecationWarning", "DEP1");
    process.emitWarning("new() is deprecated", "DeprecationWarning", "DEP2");
    process.emitWarning("old() is experimental", "ExperimentalWarning");
    return 7;
  };
  const fail = (): never => {
    throw new Error("of the work");
  };
  const inWork = withoutWarning("DeprecationWarning", "old()", warn);
  expect(() => withoutWarning("DeprecationWarning", "old()", fail)).toThrow("of the work");
  const kept = seen.splice(0);
  warn();
  emitWarning.mockRestore();
  const others = [
    ["new() is deprecated", "DeprecationWarning", "DEP2"],
    ["old() is experimental", "ExperimentalWarning"],
  ];
  expect([inWork, kept, seen]).toEqual([
    7,
    others,
    [["old() is deprecated", "DeprecationWarning", "DEP1"], ...others],
  ]);
});
