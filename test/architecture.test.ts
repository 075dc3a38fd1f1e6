import { builtinModules } from "node:module";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { importCycles, reachedFiles, sourcesOfSrc, walk } from "./support/source-tree.js";

/** Who may import whom; what is not listed is forbidden. "types of": only `import type`. */
const MAY_IMPORT: Record<string, { from: readonly string[]; typesOf?: readonly string[] }> = {
  core: { from: [] },
  schedules: { from: ["core"] },
  tasks: { from: ["core"] },
  // Options and arguments are plain data; the client behind them is reached through `import()` alone.
  http: { from: ["core", "tasks"] },
  // Of monitor the option `alerts` alone.
  config: { from: ["core", "schedules", "tasks", "http", "monitor"], typesOf: ["beat", "store/contracts"] },
  "store/contracts": { from: ["core"], typesOf: ["tasks"] },
  "store/rules": { from: ["core", "tasks", "store/contracts"] },
  "store/memory": { from: ["core", "tasks", "store/contracts", "store/rules"] },
  "store/sqlite": { from: ["core", "tasks", "store/contracts", "store/rules"] },
  "store/redis": { from: ["core", "tasks", "store/contracts", "store/rules"] },
  locks: { from: ["core", "tasks", "store/contracts"], typesOf: ["events"] },
  events: { from: ["core", "tasks"] },
  signals: { from: ["core"], typesOf: ["tasks"] },
  control: { from: ["core", "tasks", "events", "store/contracts"] },
  monitor: {
    from: ["core", "schedules", "tasks", "beat", "events", "control", "store/contracts"],
    typesOf: ["signals"],
  },
  telemetry: { from: ["core", "events", "monitor"], typesOf: ["tasks", "beat", "worker", "store/contracts"] },
  beat: {
    from: ["core", "schedules", "tasks", "locks", "events", "store/contracts"],
    typesOf: ["signals"],
  },
  logging: { from: ["core", "tasks"] },
  worker: {
    from: ["core", "tasks", "locks", "events", "signals", "store/contracts"],
    typesOf: ["canvas/compile", "logging"],
  },
  // The program of a child process or a thread: a worker starts it, and imports nothing of it.
  "worker/pools/child": {
    from: ["core", "tasks", "signals", "worker", "app", "loader"],
    typesOf: ["store/contracts"],
  },
  signing: { from: ["core", "tasks"], typesOf: ["config", "store/contracts"] },
  // Forms are values; the compiler behind them is reached through `import()` alone.
  canvas: { from: ["core", "tasks"], typesOf: ["app"] },
  "canvas/compile": { from: ["core", "tasks", "canvas"] },
  app: {
    from: [
      "core",
      "schedules",
      "tasks",
      "canvas",
      "http",
      "config",
      "control",
      "monitor",
      "locks",
      "logging",
      "events",
      "signals",
      "beat",
      "worker",
      "store/contracts",
    ],
    typesOf: ["doctor", "signing", "store/memory", "store/sqlite", "telemetry"],
  },
  // What others wrote: values of ours, and nothing of an app.
  dialects: { from: ["core", "schedules"] },
  // Texts about schedules in other languages.
  languages: { from: ["core", "schedules"] },
  doctor: { from: ["core"], typesOf: ["store/contracts"] },
  index: {
    from: ["core", "schedules", "tasks", "canvas", "locks", "logging", "events", "app"],
    typesOf: ["config", "control", "http", "monitor", "signals", "beat", "worker", "store/contracts"],
  },
  loader: { from: ["core", "index", "app"] },
  calendar: { from: ["dialects", "languages"], typesOf: ["schedules"] },
  redis: { from: ["store/redis"], typesOf: ["store/contracts"] },
  redlock: { from: ["core", "locks", "logging", "store/redis"] },
  otel: { from: ["core", "app", "telemetry"] },
  dashboard: {
    from: ["core", "schedules", "tasks", "control", "monitor", "doctor", "app", "events"],
    typesOf: ["beat", "store/contracts"],
  },
  cli: {
    from: [
      "core",
      "schedules",
      "config",
      "control",
      "events",
      "logging",
      "app",
      "doctor",
      "index",
      "loader",
      "monitor",
    ],
    typesOf: ["beat", "dashboard", "dialects", "store/contracts"],
  },
  testing: { from: ["core", "schedules", "tasks", "store/contracts", "store/memory", "app"] },
};

/** npm packages, each with the only folder that may import it. */
const PACKAGES: Record<string, string> = {
  "date-holidays": "dialects",
  luxon: "schedules",
  suncalc: "schedules",
  commander: "cli",
  hono: "dashboard",
  "@hono/node-server": "dashboard",
  ioredis: "store/redis",
  redlock: "store/redis",
  "@opentelemetry/api": "telemetry",
  yaml: "cli",
};

/** Reached through `import()` alone, so that importing sunbeat loads no driver. */
const LAZY: Record<string, readonly string[]> = {
  "app/behind-keys.ts": ["signing"],
  "cli/commands/dashboard.ts": ["dashboard"],
  "cli/commands/schedule-import.ts": ["dialects"],
  "cli/commands/calendar-import.ts": ["dialects"],
  "app/canvas-sender.ts": ["canvas/compile"],
  "app/eager.ts": ["store/memory"],
  "app/metrics.ts": ["telemetry"],
  "app/monitoring.ts": ["telemetry"],
  "monitor/outbox.ts": ["http"],
  "app/schedules.ts": ["monitor"],
  "app/task-files.ts": ["loader"],
  "worker/built-in.ts": ["canvas"],
  "worker/growth.ts": ["canvas", "canvas/compile"],
  "app/open-store.ts": ["store/memory", "store/sqlite", "store/redis"],
  "app/survey-store.ts": ["store/sqlite", "store/redis"],
};

/** A wrong broker URL fails when the app is made, before its store is loaded: the reader of URLs alone is imported. */
const SINGLE_FILES: Record<string, string> = { "app/broker-url.ts": "../store/redis/url.js" };

const sources = sourcesOfSrc();

/** The row of the table that a file belongs to. */
function folderOf(file: string): string {
  if (!file.includes("/")) return file.replace(/\.[jt]s$/, "");
  let folder = path.posix.dirname(file);
  while (!(folder in MAY_IMPORT) && folder.includes("/")) folder = path.posix.dirname(folder);
  return folder;
}

function targetOf(file: string, specifier: string): string {
  return folderOf(path.posix.join(path.posix.dirname(file), specifier));
}

test("every folder has a row in the table, and every row a folder", () => {
  expect([...new Set(sources.map(({ file }) => folderOf(file)))].sort()).toEqual(
    Object.keys(MAY_IMPORT).sort(),
  );
});

describe.each(Object.keys(MAY_IMPORT))("src/%s", (folder) => {
  const own = sources.filter(({ file }) => folderOf(file) === folder);
  const { from, typesOf = [] } = MAY_IMPORT[folder]!;

  test(`imports nothing of ours but ${[...from, ...typesOf.map((name) => `types of ${name}`)].join(", ") || "itself"}`, () => {
    const forbidden = own.flatMap(({ file, imports }) =>
      imports
        .filter(({ specifier, kind }) => {
          if (!specifier.startsWith(".")) return false;
          const target = targetOf(file, specifier);
          if (target === folder || from.includes(target)) return false;
          if (SINGLE_FILES[file] === specifier) return false;
          if (kind === "lazy" && LAZY[file]?.includes(target)) return false;
          return !(kind === "type" && typesOf.includes(target));
        })
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(forbidden).toEqual([]);
  });

  test("imports no npm package that belongs to another folder", () => {
    const forbidden = own.flatMap(({ file, imports }) =>
      imports
        .map(({ specifier }) => specifier)
        .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && PACKAGES[name] !== folder)
        .map((name) => `${file} imports ${name}`),
    );
    expect(forbidden).toEqual([]);
  });
});

test("children, and what they need, are loaded by a worker that has some, and by nobody else", () => {
  const reached = reachedFiles(sources, ["value"]);
  const loaded = ["index.ts", "cli/main.ts", "app/eager.ts"].flatMap((file) => [file, ...reached.get(file)!]);
  const ofChildren =
    /^worker\/pools\/(child|desk|member|slot|wire|processes|threads|output|console|stop-flag)/;
  expect(loaded.filter((file) => ofChildren.test(file))).toEqual([]);
  const spawning = sources.filter(({ imports }) =>
    imports.some(({ specifier }) => /^node:(child_process|worker_threads)$/.test(specifier)),
  );
  expect(spawning.map(({ file }) => file).filter((file) => loaded.includes(file))).toEqual([]);
});

test("the client of the HTTP task is loaded by a worker that runs one, and by nobody else", () => {
  const reached = reachedFiles(sources, ["value"]);
  const loaded = ["index.ts", "cli/main.ts"].flatMap((file) => [file, ...reached.get(file)!]);
  expect(loaded.filter((file) => file.startsWith("http/")).sort()).toEqual([
    "http/call.ts",
    "http/hosts.ts",
    "http/options.ts",
  ]);
});

test("modules of Node are imported with their prefix", () => {
  const bare = sources.flatMap(({ file, imports }) =>
    imports
      .filter(({ specifier }) => builtinModules.includes(specifier))
      .map(({ specifier }) => `${file}: ${specifier}`),
  );
  expect(bare).toEqual([]);
});

test("src/index.ts is explicit named re-exports and nothing else", () => {
  const { tree } = sources.find(({ file }) => file === "index.ts")!;
  const others = tree.statements.filter(
    (statement) =>
      !ts.isExportDeclaration(statement) ||
      statement.moduleSpecifier === undefined ||
      statement.exportClause === undefined ||
      !ts.isNamedExports(statement.exportClause),
  );
  expect(others.map((statement) => statement.getText())).toEqual([]);
});

test("there is no enum and no namespace", () => {
  const found = sources.filter(({ tree }) => {
    const isOne = (node: ts.Node): boolean =>
      ts.isEnumDeclaration(node) ||
      (ts.isModuleDeclaration(node) && !(node.flags & ts.NodeFlags.GlobalAugmentation)) ||
      (ts.forEachChild(node, isOne) ?? false);
    return isOne(tree);
  });
  expect(found.map(({ file }) => file)).toEqual([]);
});

test("a file has a name of its own, in kebab-case", () => {
  const nameless = /(^|\/)(utils?|helpers?|common|managers?|misc)\.ts$/;
  const kebab = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.generated)?\.ts$/;
  expect(sources.map(({ file }) => file).filter((file) => nameless.test(file) || !kebab.test(file))).toEqual(
    [],
  );
});

/** `process.env`, however it is written: with brackets, taken apart, or imported. */
function readsEnvironment(tree: ts.SourceFile): boolean {
  let reads = false;
  walk(tree, (node) => {
    const isProcess = (of: ts.Node): boolean => /^(globalThis\.)?process$/.test(of.getText());
    if (ts.isPropertyAccessExpression(node)) reads ||= node.name.text === "env" && isProcess(node.expression);
    if (ts.isElementAccessExpression(node)) reads ||= isProcess(node.expression);
    if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
      const isTaken = node.name.elements.some((part) => (part.propertyName ?? part.name).getText() === "env");
      reads ||= isTaken && node.initializer !== undefined && isProcess(node.initializer);
    }
    if (ts.isImportSpecifier(node)) {
      const from = node.parent.parent.parent.moduleSpecifier.getText();
      reads ||= (node.propertyName ?? node.name).text === "env" && /process"$/.test(from);
    }
  });
  return reads;
}

test("the environment is read by config/environment.ts, and by the command line for its terminal", () => {
  const readers = sources.filter(({ tree }) => readsEnvironment(tree)).map(({ file }) => file);
  expect(readers.filter((file) => !file.startsWith("cli/"))).toEqual(["config/environment.ts"]);
});

test("nothing in the published code depends on a test runner", () => {
  const runners = /^(vitest|jest|mocha|node:test|fast-check|@vitest\/.*)$/;
  const found = sources.filter(({ imports }) => imports.some(({ specifier }) => runners.test(specifier)));
  expect(found.map(({ file }) => file)).toEqual([]);
});

test.each([
  ["by value", ["value"]],
  ["with types", ["value", "type"]],
] as const)("no files import each other in a circle, %s", (_, kinds) => {
  expect(importCycles(sources, kinds)).toEqual([]);
});
