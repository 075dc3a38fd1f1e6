/** Without any one check of the guard some case fails. The case of each is told by the judge. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { mutants } from "./mutants.js";

test("a guard without any one of its checks lets something pass, and a case sees it", async () => {
  const judge = join(import.meta.dirname, "mutant-judge.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", judge]);
  const judged = Object.entries(JSON.parse(stdout) as Record<string, string | null>);
  expect(judged).toHaveLength(mutants().length);
  expect(judged.filter(([, failed]) => failed === null)).toEqual([]);
});
