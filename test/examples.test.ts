/** Every example runs and prints what it says at its end; the README shows nothing that is not run here. */
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

describe("the README", () => {
  /** Blocks of one language, without their fences. */
  const blocks = (language: string): string[] =>
    [...read("README.md").matchAll(new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm"))].map(
      (match) => match[1]!,
    );

  test("shows in each TypeScript block an example, word for word", () => {
    const shown = blocks("ts");
    expect(shown.length).toBeGreaterThan(0);
    for (const block of shown) {
      const [, file] = /^\/\/ (examples\/\S+)\n/.exec(block) ?? [];
      expect(file, `a block begins with the path of its example: ${block.slice(0, 60)}`).toBeDefined();
      const example = read(file!)
        .replace(/^\/\/ prints:\n(\/\/ .*\n)+/m, "")
        .trim();
      expect(example).toContain(block.slice(block.indexOf("\n") + 1).trim());
    }
  });

  test("shows in each console block what the command prints", () => {
    const shown = blocks("console");
    expect(shown.length).toBeGreaterThan(0);
    for (const block of shown) {
      const [command, ...lines] = block.trimEnd().split("\n");
      const [, words] = /^\$ npx sunbeat (.*)$/.exec(command!) ?? [];
      expect(words, `a console block begins with a command: ${command}`).toBeDefined();
      const args = [...words!.matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2]!);
      expect(
        run(["dist/cli/main.js", ...args])
          .output.trimEnd()
          .split("\n"),
      ).toEqual(lines);
    }
  });
});
