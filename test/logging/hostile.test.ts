/** What tasks, senders and errors say goes to every logger: none of it may forge a line, steer a terminal or tell a secret. */
import { describe, expect, test } from "vitest";
import { EntryLogger, type LogEntry } from "../../src/core/entry-logger.js";
import { journalLogger, jsonLogger, type Logger, prettyLogger } from "../../src/index.js";
import { AppLog } from "../../src/logging/index.js";

const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

type Make = (write: (text: string) => void) => Logger;

/** Whose loggers they are, each writing text. */
const LOGGERS: Record<string, Make> = {
  prettyLogger: (write) => prettyLogger({ level: "debug", write }),
  jsonLogger: (write) => jsonLogger({ level: "debug", write }),
  journalLogger: (write) => journalLogger({ level: "debug", write }),
  "an app with jsonLogger": (write) => appWith(jsonLogger({ level: "debug", write })),
  "an app with an object of four methods": (write) => {
    const at = (text: string, fields?: object): void => write(`${text} ${JSON.stringify(fields)}\n`);
    return appWith({ debug: at, info: at, warn: at, error: at });
  },
  "an app with pino, as it is called": (write) => {
    const at = (fields: object, text: string): void => write(`${text} ${JSON.stringify(fields)}\n`);
    const pino = { debug: at, info: at, warn: at, error: at, child: () => pino, bindings: () => ({}) };
    return appWith(pino as unknown as Logger);
  },
};

function appWith(logger: Logger): AppLog {
  return new AppLog({ now: () => 0 }, ["card"], logger);
}

const circular: Record<string, unknown> = { name: "loop" };
circular["self"] = circular;
const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** What is logged, a part of what is written, and what is not. */
const CASES: [string, string, Record<string, unknown> | undefined, RegExp, RegExp][] = [
  ["a newline in a message cannot begin a line", "a\n[forged] b", undefined, /a/, /^\[forged\]/m],
  ["a carriage return", "a\r[forged] b", undefined, /a \[forged\] b/, /\r/],
  ["an escape sequence", "a\u001b[2J\u001b]0;owned\u0007b", undefined, /ab/, /2J|owned/],
  ["an escape sequence of C1", "a\u009b31mb", undefined, /ab/, /31m/],
  ["a bidi override", "a\u202egpj.exe", undefined, /a gpj\.exe/, /\u202e/],
  ["a line separator", "a\u2028b\u2029c", undefined, /a b c/, /\u2028/],
  ["half a character", "a\ud800b", undefined, /a\\+ud800b/, /\ud800/],
  ["a password in a URL", "at redis://u:hunter2@h/0", undefined, /redis:\/\/\*\*:\*\*@h/, /hunter2/],
  ["a newline in a name", "m", { task: "t\n[forged] x", taskId: "1\u001b[2J" }, /t \[forged\] x|m/, /2J/],
  ["a secret by its name", "m", { password: "hunter2", apiToken: "hunter3" }, /\*\*/, /hunter/],
  ["a secret deep down", "m", { user: { list: [{ secret: "hunter2" }] } }, /\*\*/, /hunter/],
  ["a password in the URL of a field", "m", { url: "amqp://u:hunter2@h" }, /\*\*@h/, /hunter/],
  ["a name that steers", "m", { "k\u001b[2J\n": 1 }, /k/, /2J/],
  ["a circle", "m", circular, /\[circular\]/, /x{9}/],
  ["a BigInt", "m", { big: 2n ** 64n }, /18446744073709551616/, /x{9}/],
  [
    "a getter that throws",
    "m",
    {
      a: 1,
      get bad(): never {
        throw new Error("no");
      },
    },
    /a.{1,4}1/,
    /x{9}/,
  ],
  ["a Proxy that was revoked", "m", { bad: revoked.proxy }, /cannot be read/, /x{9}/],
  ["a message of 10 MB", "x".repeat(10_000_000), undefined, /\(10000000 characters\)/, /x{10001}/],
  ["a field of 10 MB", "m", { big: "x".repeat(10_000_000) }, /m/, /x{10001}/],
  ["10 MB of lines", "x\n".repeat(5_000_000), undefined, /more lines/, /(x.{0,9}){999}/s],
  ["a function and a symbol", "m", { fn: () => "secret source", s: Symbol("s") }, /m/, /source/],
  [
    "an error that lies",
    "m",
    {
      err: Object.assign(new Error("e\n[forged] x\u001b[2J redis://u:hunter2@h"), {
        name: "E\nx",
        stack: "s\u001b[2J",
      }),
    },
    /m/,
    /2J|hunter|^\[forged\]/m,
  ],
  [
    "an error whose message throws",
    "m",
    {
      err: Object.defineProperty(new Error("e"), "message", {
        get() {
          throw new Error("no");
        },
      }),
    },
    /m/,
    /x{9}/,
  ],
];

describe.each(Object.keys(LOGGERS))("%s", (name) => {
  test.each(CASES)("%s", (_, message, fields, shown, hidden) => {
    const written: string[] = [];
    LOGGERS[name]!((text) => written.push(text)).error(message, fields);
    expect(written).toHaveLength(1);
    const text = written[0]!;
    expect(text).toMatch(shown);
    expect(text).not.toMatch(hidden);
    expect(text).not.toMatch(STEERS);
    expect(text.length).toBeLessThan(250_000);
    const [, ...more] = text.trimEnd().split("\n");
    expect(more.filter((line) => !/^(<\d>)? {4}/.test(line))).toEqual([]);
  });

  test("what redact names is hidden, however it is written and however deep it stands", () => {
    if (!name.startsWith("an app")) return;
    const written: string[] = [];
    LOGGERS[name]!((text) => written.push(text)).info("m", {
      Card: "4111",
      order: { card: { number: "4222" } },
    });
    expect(written.join("")).toContain("**");
    expect(written.join("")).not.toMatch(/4111|4222/);
  });
});

test("a logger that throws, and one that rejects, stop nobody; the next one hears all the same", () => {
  const heard: string[] = [];
  const bad = (): never => {
    throw new Error("disk");
  };
  const log = appWith({ debug: bad, info: bad, warn: bad, error: bad });
  const rejects = (() => Promise.reject(new Error("net"))) as () => void;
  log.add({ debug: rejects, info: rejects, warn: rejects, error: rejects });
  log.add(prettyLogger({ write: (text) => heard.push(text) }));
  log.error("still there");
  expect(heard).toEqual([expect.stringContaining("still there")]);
});

test("something that is no text is logged as what it is", () => {
  const entries: LogEntry[] = [];
  const log = new EntryLogger({ now: () => 0, lowest: () => 0, take: (entry) => entries.push(entry) });
  log.error(new TypeError("no lamp") as unknown as string);
  log.info(undefined as unknown as string);
  expect(
    entries.map(({ message, fields }) => [message, (fields["err"] as { name?: string } | undefined)?.name]),
  ).toEqual([
    ["no lamp", "TypeError"],
    ["undefined", undefined],
  ]);
});
