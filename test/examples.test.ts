/** Every example runs and prints what it says at its end. What the README shows is run by test/docs/readme.test.ts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), "utf8");
const files = readdirSync(path.join(root, "examples")).filter((name) => name.endsWith(".ts"));

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), "sunbeat-examples-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }));

function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { status: number | null; output: string } {
  const options = { cwd: root, encoding: "utf8", timeout: 120_000, env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, output: stdout + stderr };
}

describe("examples", () => {
  test.each(files)("%s prints what it says", (name) => {
    const expected = /^\/\/ prints:\n((?:\/\/ .*\n)+)$/m.exec(read("examples", name))?.[1];
    expect(expected, "an example ends with a comment of what it prints").toBeDefined();
    expect(run(["--import", "tsx", `examples/${name}`])).toEqual({
      status: 0,
      output: expected!.replaceAll(/^\/\/ /gm, ""),
    });
  });

  test("the quickstart fires crontab, interval and solar entries, ends cleanly, and starts again", () => {
    const env = { SUNBEAT_BROKER: `sqlite:${path.join(folder, "quickstart.db")}` };
    const entries = ["add-every-3-seconds", "crontab-every-5-seconds", "sunset-on-the-equator"];
    for (const round of ["first", "again"]) {
      let ran: string[] = [];
      // A machine that is so busy that they do not come in eleven seconds gets more.
      for (const seconds of [11, 22, 44]) {
        const { status, output } = run(["scripts/quickstart.mjs", "--for", `${seconds}s`], env);
        expect([round, status, output]).toEqual([round, 0, expect.stringContaining("Warm shutdown")]);
        ran = entries.filter((entry) =>
          new RegExp(String.raw`Task \S+\[${entry}@[\w.]+\] succeeded in`).test(output),
        );
        if (ran.length === entries.length) break;
      }
      expect([round, ran]).toEqual([round, entries]);
    }
    const { output } = run(["scripts/quickstart.mjs", "--for", "soon"]);
    expect(output).toContain("usage: npm run quickstart");
  }, 300_000);
});
