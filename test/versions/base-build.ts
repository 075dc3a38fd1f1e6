/** The build of the commit that the file `base` names, made once for each run: globalSetup of the project "versions". */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    base: Base;
  }
}

export interface Base {
  readonly commit: string;
  /** Its `dist`. */
  readonly dist: string;
  /** Kinds of stores that the two versions cannot share. */
  readonly apart: readonly string[];
}

const ROOT = path.resolve(import.meta.dirname, "../..");
const FILE = path.join(import.meta.dirname, "base");

export default function setup(project: TestProject): () => void {
  const { commit, apart } = readBase(readFileSync(FILE, "utf8"));
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-base-"));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
  try {
    project.provide("base", { commit, apart, dist: build(commit, folder) });
  } catch (error) {
    dispose();
    throw error;
  }
  return dispose;
}

/** Comments begin with #. One line is the commit, and each other one names a kind of store: "apart sqlite". */
export function readBase(text: string): Omit<Base, "dist"> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const commits = lines.filter((line) => /^[0-9a-f]{40}$/.test(line));
  const apart = lines.flatMap((line) => /^apart (sqlite|redis)$/.exec(line)?.[1] ?? []);
  if (commits.length !== 1 || commits.length + apart.length !== lines.length) {
    throw new Error(
      `test/versions/base: expected one full commit, and lines such as "apart sqlite", got ${lines.join("; ")}`,
    );
  }
  return { commit: commits[0]!, apart };
}

/** With the packages that are installed here, by its own script. Gives its `dist`. */
function build(commit: string, folder: string): string {
  const archive = path.join(folder, "base.tar");
  const found = spawnSync("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: ROOT, encoding: "utf8" });
  if (found.status !== 0) {
    throw new Error(
      `test:versions: the commit ${commit} of test/versions/base is not in this clone: ` +
        "`git fetch --unshallow` brings the history to a shallow one, `git fetch origin " +
        `${commit}\` that commit; outside a clone this suite cannot run. git said: ${found.stderr || String(found.error)}`,
    );
  }
  run("git", ["archive", "--format=tar", `--output=${archive}`, commit], ROOT);
  const root = path.join(folder, "base");
  mkdirSync(root);
  run("tar", ["-xf", archive, "-C", root], ROOT);
  symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"), "junction");
  run(process.execPath, [path.join(root, "scripts", "build.mjs")], root);
  return path.join(root, "dist");
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  throw new Error(
    `test:versions: \`${command} ${args.join(" ")}\` failed: ${error?.message ?? `${stdout}${stderr}`}`,
  );
}
