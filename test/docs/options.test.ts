/** docs/options.md against the code, both ways: names of options, their defaults, flags of the command line. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { DEFAULT_MISFIRE } from "../../src/beat/entry-options.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { buildProgram } from "../../src/cli/program.js";
import { signingOption } from "../../src/config/keys.js";
import { DEFAULTS, OPTION_NAMES } from "../../src/config/options.js";
import { QUEUE_DEFAULTS } from "../../src/config/task-queues.js";
import { durationMs } from "../../src/core/duration.js";
import { CALL_DEFAULTS } from "../../src/http/call.js";
import { HTTP_DEFAULTS } from "../../src/http/options.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { resolveTaskLock } from "../../src/tasks/task-lock.js";
import { resolveTask } from "../../src/tasks/task-options.js";

const root = path.resolve(import.meta.dirname, "../..");
const page = readFileSync(path.join(root, "docs/options.md"), "utf8");

interface Row {
  readonly option: string;
  readonly fallback: string;
}

/** The text under a heading. */
function section(heading: string): string {
  const [, text = ""] = page.split(new RegExp(`^## ${heading}$`, "m"));
  return text.split(/^## /m)[0]!;
}

/** The tables under a heading, without their heads. */
function tables(heading: string): Row[][] {
  return [...section(heading).matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) =>
    table
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((line) => {
        const [, option = "", fallback = ""] = line
          .split(" | ")
          .map((cell) => cell.replace(/^\| /, ""))
          .toSpliced(0, 0, "");
        return { option: option.replaceAll("`", ""), fallback };
      }),
  );
}

interface Member {
  readonly name: string;
  readonly text: string;
}

function treeOf(file: string): ts.SourceFile {
  const text = readFileSync(path.join(root, "src", file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

const membersIn = (node: ts.InterfaceDeclaration | ts.TypeLiteralNode): Member[] =>
  node.members.map((member) => ({ name: member.name?.getText() ?? "", text: member.getFullText() }));

/** Options of an interface, or of the parameter `options` of a function or method: `history()`. */
function members(file: string, name: string): Member[] {
  const found: Member[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) found.push(...membersIn(node));
    if (
      (ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node)) &&
      `${node.name?.getText()}()` === name
    ) {
      const type = node.parameters.find((parameter) => parameter.name.getText() === "options")?.type;
      if (type !== undefined && ts.isTypeLiteralNode(type)) found.push(...membersIn(type));
    }
    ts.forEachChild(node, visit);
  };
  visit(treeOf(file));
  if (found.length === 0) throw new Error(`src/${file} has no options ${name}`);
  return found;
}

const task = resolveTask("probe", {}, () => undefined, {
  ...{ ignoreResult: false, resultTtlMs: 1, maxDeliveries: 1, trackStarted: false },
  ...{ timeLimitMs: null, softTimeLimitMs: null },
});
const retry = resolveTask("probe", { retry: {} }, () => undefined, { ...task, resultTtlMs: 1 }).retry;
const entry = resolveEntry("probe", { task: "probe", schedule: 60 }, { timezone: "UTC", dst: "vixie" });
const lock = resolveTaskLock("probe");

/** A length of time that the code has in milliseconds, as the page writes it. */
const time = (ms: number | null): object => ({ ms });
const { publishRetryPolicy, retention, history, ...app } = DEFAULTS;
const under = (prefix: string, values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));

interface Case {
  readonly heading: string;
  /** Which of the tables under it. */
  readonly table: number;
  /** Prefix of the names, file, interface. */
  readonly sources: readonly (readonly [prefix: string, file: string, name: string])[];
  /** What the code has when an option is left out. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

const CASES: readonly Case[] = [
  {
    heading: "App",
    table: 0,
    sources: [
      ["", "config/options.ts", "SunbeatOptions"],
      ["taskPublishRetryPolicy.", "config/options.ts", "PublishRetryPolicy"],
      ["retention.", "config/options.ts", "RetentionOptions"],
      ["history.", "config/history.ts", "HistoryOptions"],
      ["signing.", "config/keys.ts", "SigningOptions"],
      ["encryption.", "config/keys.ts", "EncryptionOptions"],
    ],
    defaults: {
      ...app,
      ...under("taskPublishRetryPolicy", publishRetryPolicy),
      ...under("retention", retention),
      ...under("history", history),
      "signing.require": signingOption({ keys: { k: "k".repeat(43) }, current: "k" }).require,
    },
  },
  {
    heading: "Task",
    table: 0,
    sources: [
      ["", "tasks/task-options.ts", "TaskOptions"],
      ["retry.", "tasks/retry-options.ts", "RetryOptions"],
    ],
    defaults: {
      ...{ bind: task.bind, acks: task.acks },
      storeErrorsEvenIfIgnored: task.storeErrorsEvenIfIgnored,
      ignoreHistory: task.ignoreHistory,
      ...{ "retry.max": retry.max, "retry.delay": time(retry.delayMs), "retry.backoff": retry.backoff },
      ...{ "retry.maxDelay": time(retry.maxDelayMs), "retry.jitter": retry.jitter },
    },
  },
  { heading: "Send", table: 0, sources: [["", "tasks/message.ts", "SendOptions"]], defaults: {} },
  {
    heading: "Entry",
    table: 0,
    sources: [
      ["", "beat/entry-options.ts", "TaskEntryOptions"],
      ["", "beat/entry-options.ts", "EntryDetails"],
      ["misfire.", "beat/entry-options.ts", "MisfireOptions"],
      ["lock.", "beat/entry-options.ts", "EntryLockOptions"],
    ],
    defaults: {
      ...{ args: entry.args, options: entry.options, enabled: entry.enabled },
      ...{
        misfire: entry.misfire.policy,
        overlap: entry.overlap.policy,
        "misfire.policy": entry.misfire.policy,
      },
      ...{ "misfire.within": time(entry.misfire.withinMs), "misfire.max": DEFAULT_MISFIRE.max },
      "lock.capacity": resolveEntry(
        "probe",
        { task: "probe", schedule: 60, lock: "probe" },
        { timezone: "UTC", dst: "vixie" },
      ).lock?.capacity,
    },
  },
  {
    heading: "Worker",
    table: 0,
    sources: [
      ["", "app/processes.ts", "StartWorkerOptions"],
      ["", "app/worker-pools.ts", "WorkerPoolOptions"],
    ],
    defaults: {},
  },
  {
    heading: "Beat",
    table: 0,
    sources: [["", "app/processes.ts", "StartBeatOptions"]],
    defaults: { register: "auto" },
  },
  {
    heading: "Locks",
    table: 0,
    sources: [["", "tasks/task-lock.ts", "LockedOptions"]],
    defaults: {
      ...{ capacity: lock.capacity, onBusy: lock.onBusy, retryIn: time(lock.retryInMs) },
      lease: time(lock.leaseMs),
    },
  },
  {
    heading: "Locks",
    table: 1,
    sources: [
      ["", "locks/semaphore.ts", "AcquireOptions"],
      ["", "locks/semaphore.ts", "UsingOptions"],
    ],
    defaults: { wait: true, lease: time(lock.leaseMs) },
  },
  {
    heading: "Results",
    table: 0,
    sources: [["", "app/result-reader.ts", "GetOptions"]],
    defaults: { propagate: true },
  },
  {
    heading: "Schedules",
    table: 0,
    sources: [
      ["crontab.", "schedules/crontab/options.ts", "CrontabOptions"],
      ["every.", "schedules/interval.ts", "IntervalOptions"],
      ["solar.", "schedules/solar/options.ts", "SolarOptions"],
      ["clocked.", "schedules/clocked.ts", "ClockedOptions"],
    ],
    defaults: {
      "crontab.class": "auto",
      "crontab.extended": false,
      "every.offset": 0,
      "solar.offset": 0,
      "solar.polar": "skip",
    },
  },
  {
    heading: "Queues",
    table: 0,
    sources: [["", "config/task-queues.ts", "QueueOptions"]],
    defaults: { ...QUEUE_DEFAULTS },
  },
  {
    heading: "HTTP",
    table: 0,
    sources: [["", "http/options.ts", "HttpOptions"]],
    defaults: { ...HTTP_DEFAULTS },
  },
  {
    heading: "HTTP",
    table: 1,
    sources: [["", "http/call.ts", "HttpCall"]],
    defaults: { ...CALL_DEFAULTS },
  },
  { heading: "Queues", table: 1, sources: [["", "app/queues.ts", "PauseOptions"]], defaults: {} },
  {
    heading: "Schedules",
    table: 1,
    sources: [["", "schedules/upcoming.ts", "UpcomingOptions"]],
    defaults: {},
  },
  { heading: "Reading entries", table: 0, sources: [["", "beat/schedules.ts", "list()"]], defaults: {} },
  {
    heading: "Reading entries",
    table: 1,
    sources: [["", "beat/schedules.ts", "next()"]],
    defaults: { count: 1 },
  },
  {
    heading: "Reading entries",
    table: 2,
    sources: [["", "beat/schedules.ts", "history()"]],
    defaults: { limit: 100 },
  },
  {
    heading: "Redis",
    table: 0,
    sources: [["", "redlock.ts", "QuorumOptions"]],
    defaults: { namespace: DEFAULT_NAMESPACE },
  },
  {
    heading: "Virtual time",
    table: 0,
    sources: [["", "testing/virtual-time.ts", "VirtualTimeOptions"]],
    defaults: { start: "2027-01-01T00:00:00Z", seed: 1 },
  },
];

describe.each(CASES)("options.md, $heading, table $table", ({ heading, table, sources, defaults }) => {
  const rows = tables(heading)[table]!;
  const known = sources.flatMap(([prefix, file, name]) =>
    members(file, name).map((member) => ({ ...member, name: prefix + member.name })),
  );

  test("has a row for each option of the types, and no other", () => {
    expect(rows.map(({ option }) => option).sort()).toEqual(known.map(({ name }) => name).sort());
  });

  test("has the defaults of the code, and no other", () => {
    const shown = rows.flatMap(({ option, fallback }) => {
      const [, literal] = /^`(.*)`$/.exec(fallback) ?? [];
      return literal === undefined ? [] : [[option, JSON.parse(literal) as unknown] as const];
    });
    expect(shown.map(([option]) => option).sort()).toEqual(Object.keys(defaults).sort());
    for (const [option, value] of shown) {
      const wanted = defaults[option];
      const isTime = typeof wanted === "object" && wanted !== null && "ms" in wanted;
      expect([option, isTime ? time(durationMs(value as string, option)) : value]).toEqual([option, wanted]);
    }
  });

  test.each(rows.filter(({ fallback }) => !fallback.startsWith("`")))("$option: $fallback", (row) => {
    const { text = "" } = known.find(({ name }) => name === row.option) ?? {};
    const [, inherited] = /^app: `(\w+)`$/.exec(row.fallback) ?? [];
    if (inherited === undefined) {
      expect(["none", "needed"]).toContain(row.fallback);
      expect(text, "the type names no value").not.toMatch(/Default:? (\d|"(?!default@)|true\b|false\b)/);
    } else {
      expect(OPTION_NAMES).toContain(inherited);
      expect(text, "the type says so, too").toMatch(new RegExp(`\`${inherited}\`|the app's`));
    }
  });
});

const program = buildProgram(() => async () => undefined, {});
const flagsOf = (command: Command): string[] =>
  command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long == null ? [] : [long]));
const find = (...words: string[]): Command =>
  words.reduce((command, word) => command.commands.find((each) => each.name() === word)!, program);

test.each([
  ["Send", flagsOf(find("call"))],
  ["Entry", flagsOf(find("schedule", "set"))],
  ["Worker", flagsOf(find("worker"))],
  ["Beat", flagsOf(find("beat"))],
  // --broker is an option of the app.
  ["The command line alone", [...flagsOf(program).filter((flag) => flag !== "--broker"), "--help"]],
])("options.md, %s, names the flags of its command, and no other", (heading, flags) => {
  const named = new Set([...section(heading).matchAll(/`(--[a-z-]+)`/g)].map(([, flag]) => flag!));
  expect([...named].sort()).toEqual([...flags].sort());
});

test("each table of options.md with a default is compared with the code", () => {
  const all = page.match(/^\| option \| default \|/gm) ?? [];
  expect(all).toHaveLength(CASES.length);
});
