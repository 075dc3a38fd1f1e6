import { describe, expect, test } from "vitest";
import { maskPassword, parseBrokerUrl } from "../../src/app/broker-url.js";

test.each([
  ["memory:", { kind: "memory" }],
  ["memory://", { kind: "memory" }],
  ["MEMORY:", { kind: "memory" }],
  ["sqlite:./sunbeat.db", { kind: "sqlite", path: "./sunbeat.db" }],
  ["sqlite:sunbeat.db", { kind: "sqlite", path: "sunbeat.db" }],
  ["sqlite:/var/lib/s.db", { kind: "sqlite", path: "/var/lib/s.db" }],
  ["sqlite:///var/lib/s.db", { kind: "sqlite", path: "/var/lib/s.db" }],
  ["sqlite:a b%20c?.db", { kind: "sqlite", path: "a b%20c?.db" }],
  ["redis://:secret@host:6379/0", { kind: "redis", url: "redis://:secret@host:6379/0" }],
  ["rediss+cluster://a,b", { kind: "redis", url: "rediss+cluster://a,b" }],
  ["sqlite:C:\\data\\s.db", { kind: "sqlite", path: "C:\\data\\s.db" }],
])("%s is read", (url, parsed) => {
  expect(parseBrokerUrl(url)).toEqual(parsed);
});

test.each([
  ["sunbeat.db", 'broker "sunbeat.db": expected a URL such as "memory:" or "sqlite:./sunbeat.db"'],
  ["", 'broker "": expected a URL such as "memory:" or "sqlite:./sunbeat.db"'],
  ["sqlite:", 'broker "sqlite:": a path is missing: write "sqlite:./sunbeat.db"'],
  [
    "sqlite://",
    'broker "sqlite://": write "sqlite:<path>" for a relative path, "sqlite:///<path>" for an absolute one',
  ],
  [
    "sqlite://a.db",
    'broker "sqlite://a.db": write "sqlite:<path>" for a relative path, "sqlite:///<path>" for an absolute one',
  ],
  ["sqlite::memory:", 'broker "sqlite::memory:": write "memory:" for a store that keeps nothing'],
  ["sqlite:a\0b", 'broker "sqlite:a\\u0000b": a path contains no NUL character'],
  ["memory:x", 'broker "memory:x": "memory:" takes nothing after the colon'],
  [
    "sqlit:x",
    'broker "sqlit:x": unknown kind of store (did you mean "sqlite"?); there are memory:, sqlite:<path>, and redis:, rediss:, redis+sentinel:, redis+cluster:',
  ],
  [
    "amqp://u:p@h",
    'broker "amqp://**:**@h": unknown kind of store; there are memory:, sqlite:<path>, and redis:, rediss:, redis+sentinel:, redis+cluster:',
  ],
  [
    "redis://:secret@host:6379/x",
    'broker "redis://host:6379/x": expected the number of a database at the end, got "x"',
  ],
])("%s is refused with what to write", (url, message) => {
  expect(() => parseBrokerUrl(url)).toThrow(
    expect.objectContaining({ code: "SUNBEAT_BROKER_URL_INVALID", message }) as Error,
  );
});

describe("user and password are never shown", () => {
  test.each([
    ["redis://:secret@host:6379/0", "redis://:**@host:6379/0"],
    ["redis://user:secret@host", "redis://**:**@host"],
    ["redis://user:se:cr@et/x@host", "redis://**:**@host"],
    ["redis+sentinel://u:secret@a:1,b:2/main/0", "redis+sentinel://**:**@a:1,b:2/main/0"],
    ["redis+cluster://u:secret@a,u:secret@b", "redis+cluster://**:**@b"],
    ["redis://host/0?password=secret&x=1", "redis://host/0?password=**&x=1"],
    ["redis+sentinel://a/main?sentinelPassword=secret", "redis+sentinel://a/main?sentinelPassword=**"],
    ["user:secret@host:6379", "**:**@host:6379"],
    ["redis://secret@host", "redis://**@host"],
    ["rediss+cluster://secret@a,b", "rediss+cluster://**@a,b"],
    ["redis:secret@host", "redis:**@host"],
    ["secret@host", "**@host"],
    ["./a@b.db", "./a@b.db"],
    ["sqlite:///a:b@c.db", "sqlite:///a:b@c.db"],
    ["sqlite:./a@b:c.db", "sqlite:./a@b:c.db"],
    ["memory:", "memory:"],
  ])("%s is shown as %s", (url, shown) => {
    expect(maskPassword(url)).toBe(shown);
  });
});
