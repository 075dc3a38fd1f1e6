/** What each logger writes, and to whom a logger is handed. */
import pino from "pino";
import { expect, test, vi } from "vitest";
import { EntryLogger, type LogEntry, sinkOf } from "../../src/core/entry-logger.js";
import {
  type AppLogger,
  journalLogger,
  jsonLogger,
  type Logger,
  prettyLogger,
  Sunbeat,
  syslogLogger,
} from "../../src/index.js";
import { AppLog, setUpLogging } from "../../src/logging/index.js";

const AT = Date.parse("2027-03-28T01:00:00.123Z");
const thrown = Object.assign(new TypeError("no lamp"), {
  stack: "TypeError: no lamp\n    at a",
  code: "ENOLAMP",
});

/** Text that a logger writes of an entry at a known instant. */
function written(make: (write: (text: string) => void) => Logger, act: (log: Logger) => void): string {
  let text = "";
  const log = new AppLog(
    { now: () => AT },
    [],
    make((part) => (text += part)),
  );
  act(log);
  return text;
}

const task = { component: "task", task: "tasks.add", taskId: "id1" } as const;
const local = /^\[2027-03-2[78] \d\d:\d0:00,123: /;

test.each<[string, (log: Logger) => void, string | RegExp]>([
  ["pretty", (log) => log.info("worker@h ready."), /: INFO\/MainProcess\] worker@h ready\.\n$/],
  ["pretty", (log) => log.warn("low", { rows: 3 }), /: WARNING\/MainProcess\] low \{ rows: 3 \}\n$/],
  ["pretty", (log) => log.info("halfway", task), /: INFO\/MainProcess\] tasks\.add\[id1\]: halfway\n$/],
  ["pretty", (log) => log.error("failed", { err: thrown }), /\] failed\n {4}TypeError: no lamp\n {8}at a\n$/],
  [
    "json",
    (log) => log.info("halfway", { ...task, rows: 3 }),
    '{"time":"2027-03-28T01:00:00.123Z","level":"info","message":"halfway","component":"task","task":"tasks.add","taskId":"id1","rows":3}\n',
  ],
  [
    "json",
    (log) => log.error("failed", { err: thrown }),
    '{"time":"2027-03-28T01:00:00.123Z","level":"error","message":"failed","err":{"name":"TypeError","message":"no lamp","code":"ENOLAMP","stack":"TypeError: no lamp\\n    at a"}}\n',
  ],
  [
    "json",
    (log) => log.info("m", { level: 7, time: "x" }),
    /"level":"info","message":"m","time_":"x","level_":7\}\n$/,
  ],
  [
    "journal",
    (log) => log.error("failed", { err: thrown }),
    "<3>failed\n<3>    TypeError: no lamp\n<3>        at a\n",
  ],
  ["journal", (log) => log.debug("d"), "<7>d\n"],
  ["journal", (log) => log.info("i"), "<6>i\n"],
  ["journal", (log) => log.warn("w"), "<4>w\n"],
])("%s: %s", (format, act, expected) => {
  const makers = { pretty: prettyLogger, json: jsonLogger, journal: journalLogger };
  const text = written((write) => makers[format as keyof typeof makers]({ level: "debug", write }), act);
  if (format === "pretty") expect(text).toMatch(local);
  if (typeof expected === "string") expect(text).toBe(expected);
  else expect(text).toMatch(expected);
});

test("colours are by level, and only where they are asked for", () => {
  const log = (color: boolean): string =>
    written(
      (write) => prettyLogger({ write, color }),
      (logger) => logger.error("e"),
    );
  expect(log(true)).toMatch(/^\u001b\[31m\[.*e\u001b\[39m\n$/);
  expect(log(false)).not.toContain("\u001b");
});

test.each([
  ["debug", ["d", "i", "w", "e"]],
  ["info", ["i", "w", "e"]],
  ["warn", ["w", "e"]],
  ["error", ["e"]],
] as const)("level %s lets through %j, and says so", (level, expected) => {
  const lines: string[] = [];
  const log = journalLogger({ level, write: (text) => lines.push(text) });
  log.debug("d");
  log.info("i");
  log.warn("w");
  log.error("e");
  expect(lines.map((line) => line.slice(3).trim())).toEqual(expected);
  expect(log.silent).toBe(level === "warn" || level === "error");
});

test("pino is known as it is, and called with the fields first; its level holds", () => {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const app = new Sunbeat("a", { broker: "memory:", logger: pino({ level: "info" }, stream) });
  app.logger.debug("not wanted");
  app.logger.info("imported", { rows: 3 });
  app.logger.error("failed", { err: thrown });
  expect(lines).toMatchObject([
    { level: 30, msg: "imported", rows: 3 },
    { level: 50, msg: "failed", err: { name: "TypeError", code: "ENOLAMP" } },
  ]);
});

test("console prints the text, and never takes it for a format", () => {
  const spy = vi.spyOn(console, "info").mockImplementation(() => undefined);
  sinkOf(console).take({ at: AT, level: "info", message: "100%s", more: [], fields: { rows: 3 } });
  expect(spy.mock.calls).toEqual([["%s", "100%s { rows: 3 }"]]);
  spy.mockRestore();
});

test("any object with the four methods gets text and fields", () => {
  const calls: unknown[] = [];
  const at = (...args: unknown[]): void => void calls.push(args);
  const app = new Sunbeat("a", { broker: "memory:", logger: { debug: at, info: at, warn: at, error: at } });
  app.logger.info("imported", { rows: 3 });
  expect(calls).toEqual([["imported { rows: 3 }", { rows: 3 }]]);
});

test("a child has the fields in each line", () => {
  const entries: LogEntry[] = [];
  const log = new EntryLogger({ now: () => AT, lowest: () => 0, take: (entry) => entries.push(entry) });
  log.child({ node: "w1", rows: 1 }).child({ rows: 2 }).info("m", { lock: "l" });
  expect(entries[0]!.fields).toEqual({ node: "w1", rows: 2, lock: "l" });
});

test.each<[string, () => unknown, RegExp]>([
  [
    "a level",
    () => jsonLogger({ level: "warning" as "warn" }),
    /jsonLogger: level: expected "debug" or .* got "warning"/,
  ],
  ["an option", () => prettyLogger({ colour: true } as object), /unknown option.*colour/i],
  ["write", () => journalLogger({ write: "stderr" as never }), /journalLogger: write: expected a function/],
  [
    "a logger without methods",
    () => new Sunbeat("a", { logger: {} as Logger }),
    /logger: expected an object with the methods/,
  ],
  ["redact", () => new Sunbeat("a", { redact: "password" as never }), /redact: expected a list of texts/],
  [
    "a path as host",
    () => syslogLogger({ host: "/dev/log" }),
    /no datagram sockets of Unix.*imudp.*journalLogger/,
  ],
  ["a facility", () => syslogLogger({ facility: "mine" as "user" }), /facility: expected/],
  ["a port", () => syslogLogger({ port: 0 }), /port: expected a whole number from 1 to 65535/],
])("%s that is none is refused", (_, make, message) => expect(make).toThrow(message));

const setup = { level: "info", format: "pretty", file: null, component: "worker" } as const;

test.each([
  [false, ["ours made", "told"], "ours"],
  [true, ["told"], "theirs"],
] as const)(
  "setupLogging: with a logger of theirs (%s) nothing of ours is made",
  async (brings, expected, heard) => {
    const did: string[] = [];
    const lines: string[] = [];
    const logger = (name: string): Logger => prettyLogger({ write: () => lines.push(name) });
    const log = new AppLog({ now: () => AT }, [], logger("before"));
    await setUpLogging(
      log,
      setup,
      {
        ask: async (asked) => (expect(asked).toEqual(setup), brings ? logger("theirs") : undefined),
        tell: (_, told: AppLogger) => (did.push("told"), told.add(logger("added"))),
      },
      () => (did.push("ours made"), logger("ours")),
    );
    log.info("m");
    expect({ did, lines }).toEqual({ did: expected, lines: [heard, "added"] });
  },
);

test("what setupLogging gives must be a logger", async () => {
  const log = new AppLog({ now: () => AT }, [], prettyLogger());
  const ask = async (): Promise<unknown> => ({});
  await expect(setUpLogging(log, setup, { ask, tell: () => undefined }, () => null)).rejects.toThrow(
    /setupLogging: expected an object with the methods debug, info, warn and error, or nothing for ours/,
  );
});
