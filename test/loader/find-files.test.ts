import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFiles } from "../../src/loader/find-files.js";
import { importTaskFiles } from "../../src/loader/import-tasks.js";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sunbeat-find-")));
  const put = (file: string, text = ""): void => {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  for (const name of ["b.ts", "a.ts", "a.d.ts", "a.md", ".hidden.ts", "deep/c.ts", "deep/er/d.mts"]) {
    put(`tasks/${name}`);
  }
  put("tasks/node_modules/x/index.ts");
  put("built/a.js");
  put("built/a.d.ts");
  put("empty/.gitkeep");
  put("notes/read.md");
  symlinkSync(path.join(folder, "tasks"), path.join(folder, "tasks/deep/loop"));
  symlinkSync(path.join(folder, "tasks/a.ts"), path.join(folder, "tasks/deep/linked.ts"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }));

describe("a pattern finds", () => {
  test.each<[string, readonly string[], string]>([
    ["./tasks/*.ts", ["tasks/a.ts", "tasks/b.ts"], "sorted, without declarations and hidden files"],
    ["tasks/*", ["tasks/a.ts", "tasks/b.ts"], "modules alone"],
    ["./tasks/a.ts", ["tasks/a.ts"], "one file"],
    ["./tasks/../tasks/a.ts", ["tasks/a.ts"], "by its path"],
    ["./tasks/deep/*.ts", ["tasks/deep/c.ts", "tasks/deep/linked.ts"], "what links to a file, too"],
    [
      "./tasks/**/*.{ts,mts}",
      ["tasks/a.ts", "tasks/b.ts", "tasks/deep/c.ts", "tasks/deep/er/d.mts", "tasks/deep/linked.ts"],
      "below, without node_modules and without following links to folders",
    ],
    ["./*/a.ts", ["tasks/a.ts"], "in each folder"],
    ["./{tasks/deep,built}/*.ts", ["tasks/deep/c.ts", "tasks/deep/linked.ts"], "a slash within braces"],
    ["./built/*.ts", ["built/a.js"], "what the compiler made of TypeScript"],
    ["./built/a.ts", ["built/a.js"], "the same for one file"],
    ["./tasks/*.js", [], "but not the other way round"],
    ["./nowhere/*.ts", [], "nothing where there is no folder"],
    ["", [], "nothing by nothing"],
  ])("%j: %j, %s", (pattern, files) => {
    expect(findFiles(pattern, folder).map((file) => path.relative(folder, file))).toEqual(files);
  });

  test("files by an absolute path", () => {
    expect(findFiles(path.join(folder, "tasks/*.ts"), "/")).toHaveLength(2);
  });
});

describe("a pattern that finds nothing is told with folder and neighbours", () => {
  const from = "app.ts";
  test.each<[string, string]>([
    ["./taks/*.ts", ": there is no folder FOLDER/taks (did you mean FOLDER/tasks?)"],
    [
      "./zzzzzzzz/*.ts",
      ": there is no folder FOLDER/zzzzzzzz; in FOLDER there are built, empty, notes, tasks",
    ],
    [
      "./zzzzzzzz/yyyyyy/*.ts",
      ": there is no folder FOLDER/zzzzzzzz; in FOLDER there are built, empty, notes, tasks",
    ],
    ["./tasks/*.js", " in FOLDER/tasks; there are a.ts, b.ts"],
    ["./tasks/aa.ts", " in FOLDER/tasks; there are a.ts"],
    ["./empty/*.ts", " in FOLDER/empty; there is nothing"],
    ["./notes/*.ts", " in FOLDER/notes; there are read.md"],
  ])("%s", async (pattern, text) => {
    const file = path.join(folder, from);
    const imported = importTaskFiles([{ pattern, what: "include", from: file }], { file, folder });
    const message = `include: ${JSON.stringify(pattern)} matches no file${text.replaceAll("FOLDER", folder)}`;
    await expect(imported).rejects.toThrow(
      expect.objectContaining({ code: "SUNBEAT_INCLUDE_EMPTY", message }) as Error,
    );
  });

  test("before anything is imported", async () => {
    const file = path.join(folder, from);
    const told: string[] = [];
    const patterns = ["./tasks/*.ts", "./empty/*.ts"].map((pattern) => ({
      pattern,
      what: "include",
      from: file,
    }));
    const onImport = (files: readonly string[]): void => void told.push(...files);
    await expect(importTaskFiles(patterns, { file, folder, onImport })).rejects.toThrow("./empty/*.ts");
    expect(told).toEqual([]);
  });
});

test("the files are told before they are imported, each once, and the app's own is not among them", async () => {
  const file = path.join(folder, "tasks/b.ts");
  const told: string[] = [];
  const patterns = ["./*.ts", pathToFileURL(path.join(folder, "tasks/*.ts")).href].map((pattern) => {
    return { pattern, what: "include", from: file };
  });
  const onImport = (files: readonly string[]): void => void told.push(...files);
  const imported = await importTaskFiles(patterns, { file, folder, onImport });
  expect([told, imported]).toEqual([[path.join(folder, "tasks/a.ts")], told]);
});
