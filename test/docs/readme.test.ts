/** The README from top to bottom, in a folder as a user has it: whatever it shows is run, in TypeScript and in JavaScript. */
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Playground, type Program } from "../support/cli.js";
import { ownNamespace } from "../support/redis-harness.js";

const root = path.resolve(import.meta.dirname, "../..");
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), "utf8");
const readme = read("README.md");

/** Blocks of one language, without their fences. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm"))].map(
    (match) => match[1]!,
  );

/** The files that it shows. Those of the first program stand in examples/shop. */
const files = blocks("ts").map((block) => {
  const [, name = "", code = ""] = /^\/\/ (\S+)\.ts\n([\s\S]*)$/.exec(block) ?? [];
  const isFirst = name === "app" || name === "send-one";
  const source = read("examples", ...(isFirst ? ["shop"] : []), `${name}.ts`);
  const [ending = "", prints = ""] = /^\/\/ prints:\n((?:\/\/ .*\n)+)/m.exec(source) ?? [];
  return {
    name,
    code,
    isFirst,
    shown: source.replace(ending, ""),
    prints: prints.replaceAll(/^\/\/ /gm, ""),
  };
});
const programs = files.filter(({ isFirst }) => !isFirst);

/** Commands that it shows, without their remarks, by what runs them. */
const commands = blocks("sh").flatMap((block) => block.trimEnd().split("\n"));
const shellWords = (line: string): string[] =>
  [...line.replace(/\s+#.*$/, "").matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2]!);
const sunbeats = commands
  .filter((line) => /\bsunbeat -A/.test(line))
  .map((line) => ({
    line,
    remark: /#.*$/.exec(line)?.[0] ?? "",
    args: shellWords(line.replace(/^.*?\bsunbeat -A/, "-A")),
  }));
const isServing = (args: readonly string[]): boolean => args.includes("worker") || args[2] === "beat";

const LANGUAGES = ["ts", "js"] as const;
type Language = (typeof LANGUAGES)[number];

/** As the README says: without the types of parameters. */
const inLanguage = (language: Language, code: string): string =>
  language === "ts" ? code : code.replaceAll(/(\w): (?:number|string)(?=[,)])/g, "$1");

function folderIn(language: Language): Playground {
  const playground = new Playground();
  symlinkSync(path.join(root, "node_modules/tsx"), path.join(playground.folder, "node_modules/tsx"), "dir");
  for (const { name, code } of files) {
    writeFileSync(path.join(playground.folder, `${name}.${language}`), inLanguage(language, code));
  }
  return playground;
}

const runnerOf = (language: Language): string[] => (language === "ts" ? ["--import", "tsx"] : []);

test.each(files)("the README shows all of the example $name", ({ code, shown }) => {
  expect(code.trim()).toBe(shown.trim());
});

test("the README names a file once", () => {
  const names = files.map(({ name }) => name);
  expect(names.slice(0, 2)).toEqual(["app", "send-one"]);
  expect(new Set(names).size).toBe(names.length);
});

test("the README installs sunbeat, the peers that it may need, and no other package", () => {
  const named = [...readme.matchAll(/npm\s+install\s+(?:-D )?(@?[^@`\s]+)/g)].map(([, name]) => name);
  expect(named).toEqual(["sunbeat", "tsx", "@photostructure/sqlite", "ioredis"]);
});

describe.each(LANGUAGES)("the README in a user's folder, in %s", (language) => {
  let user: Playground;
  let worker: Program;
  beforeAll(() => void (user = folderIn(language)));
  afterAll(() => user.dispose());
  const app = (args: readonly string[]): string[] =>
    args.map((arg) => (arg === "app.ts" ? `app.${language}` : arg));

  test.each(programs)("$name prints what the example says", async ({ name, prints }) => {
    const answer = await user.node([...runnerOf(language), `${name}.${language}`]).ended();
    expect(answer).toEqual({ exitCode: 0, stdout: prints, stderr: "" });
  });

  test("the first program logs the lines that are shown", async () => {
    worker = user.start(app(["-A", "app.ts", "worker", "--beat"]));
    for (const line of blocks("log").flatMap((block) => block.trimEnd().split("\n"))) {
      const shape = line
        .replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+/, String.raw`[\d:, -]+`)
        .replace(/@\d+/, String.raw`@\d+`)
        .replace(/\d\\\.\d+s/, String.raw`[\d.]+s`);
      await worker.says(new RegExp(`^${shape}$`, "m"));
    }
  });

  test("the sender beside it prints the sum", async () => {
    const answer = await user.node([...runnerOf(language), `send-one.${language}`]).ended();
    expect(answer).toEqual({ exitCode: 0, stdout: "8\n", stderr: "" });
  });

  test("each command of the list does its work beside it", async () => {
    let id = "";
    for (const { line, args } of sunbeats.filter((each) => !isServing(each.args))) {
      const answer = await user.sunbeat(app(args).map((arg) => (arg === "ID" ? id : arg)));
      expect({ line, ...answer }).toMatchObject({ line, exitCode: 0 });
      if (args.includes("call")) id = answer.stdout.trim();
    }
    expect(id).not.toBe("");
  });

  test("SIGTERM ends the worker warm", async () => {
    worker.signal("SIGTERM");
    const { exitCode, stderr } = await worker.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Warm shutdown");
  });

  test.each(sunbeats.filter(({ args, line }) => isServing(args) && !line.startsWith("npx")))(
    "$line",
    async ({ line, args }) => {
      const env = line.startsWith("SUNBEAT_BROKER=redis:")
        ? { SUNBEAT_BROKER: `${inject("redisUrl")}?namespace=${ownNamespace()}` }
        : {};
      const program = user.start(app(args), env);
      await program.says(args.includes("beat") ? /beat: leading/ : /ready\.$/m);
      program.signal("SIGTERM");
      expect(await program.ended()).toMatchObject({ exitCode: 0 });
    },
  );
});

test("the remarks beside the commands name commands that exist", async () => {
  const named = sunbeats.flatMap(({ args, remark }) => {
    const also = /also ([\w, ]+)/.exec(remark)?.[1]?.split(", ") ?? [];
    return also.map((command) => [args[2]!, command, "--help"]);
  });
  expect(named.length).toBeGreaterThan(10);
  const user = new Playground();
  for (const args of named) expect(await user.sunbeat(args)).toMatchObject({ exitCode: 0, stderr: "" });
  user.dispose();
});

test.each(blocks("console").map((block) => block.trimEnd().split("\n")))("%s", async (command, ...lines) => {
  const user = new Playground();
  const { stdout, stderr } = await user.sunbeat(shellWords(command.replace(/^\$ npx sunbeat /, "")));
  user.dispose();
  expect((stdout + stderr).trimEnd().split("\n")).toEqual(lines);
});

test.each([
  ["beat", "A **beat** sends"],
  ["worker", "a **worker** runs"],
  ["ledger", "called the **ledger**"],
  ["tick", "is a **tick**"],
  ["fence", "a `fence`, a number"],
  ["misfire", "| `misfire` | `"],
])("the README says what %s means where the word comes first", (word, told) => {
  const first = readme.search(new RegExp(String.raw`\b${word}s?\b`));
  expect(readme.indexOf(told)).toBeGreaterThan(0);
  expect(first - readme.indexOf(told)).toBeGreaterThanOrEqual(0);
});

test("the README links to pages that are there", () => {
  const links = [...readme.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target!);
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) expect(read(link), link).not.toBe("");
});

test("the README links to every page", () => {
  const pages = readdirSync(path.join(root, "docs")).filter((name) => name.endsWith(".md"));
  expect(pages.filter((name) => !readme.includes(`(docs/${name})`))).toEqual([]);
});
