/** `sunbeat doctor`, and what worker and beat say of the same at their start, as users run them. */
import { chmodSync, existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";
import { freePort, type RedisServer, startRedis } from "../support/redis-server.js";

let place: Playground;
let good: RedisServer;
let bad: RedisServer;
beforeAll(async () => {
  place = new Playground();
  good = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  bad = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru", "--requirepass", "s3cret-w0rd"] });
});
afterAll(async () => {
  place.dispose();
  await good?.stop();
  await bad?.stop();
});

const doctor = (broker: string, ...more: string[]) =>
  place.sunbeat(["-A", "shop.ts", "-b", broker, "doctor", ...more]);
const badUrl = (): string => bad.url.replace("//", "//:s3cret-w0rd@");

/** Columns are two blanks or more apart. */
function rows(stdout: string): string[][] {
  return stdout
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/));
}

describe("on a Redis", () => {
  test("whose settings are good it ends with 0, a line for each", async () => {
    const { exitCode, stdout, stderr } = await doctor(good.url);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "all is well\n" });
    expect(stdout.split("\n")[0]).toBe(good.url);
    expect(rows(stdout).map(([setting, value, verdict]) => [setting, value, verdict])).toEqual([
      ["rights", "user default", "ok"],
      ["redis_version", expect.stringMatching(/^\d+\.\d+\.\d+$/) as unknown, "ok"],
      ["redis_mode", "standalone", "ok"],
      ["role", "master", "ok"],
      ["maxmemory-policy", "noeviction", "ok"],
      ["appendonly", "yes", "ok"],
      ["aof_last_write_status", "ok", "ok"],
      ["appendfsync", "always", "ok"],
      ["no-appendfsync-on-rewrite", "no", "ok"],
      ["timeout", "0", "ok"],
      ["memory", expect.stringMatching(/^[\d.]+ [KM]iB, no limit$/) as unknown, "ok"],
      ["clock", expect.stringMatching(/ this machine$/) as unknown, "ok"],
      ["entries", expect.stringMatching(/^\d+ of \d+ not stored yet$/) as unknown, "ok"],
    ]);
  });

  test("that breaks a promise it ends with 1, names promise and remedy, and never the password", async () => {
    const { exitCode, stdout, stderr } = await doctor(badUrl());
    expect(exitCode).toBe(1);
    expect(rows(stdout)).toContainEqual([
      "maxmemory-policy",
      "allkeys-lru",
      "error",
      "D1 D2 E1 E2 L1",
      expect.stringMatching(/: set maxmemory-policy noeviction$/) as unknown,
    ]);
    expect(rows(stdout)).toContainEqual([
      "appendonly",
      "no",
      "warning",
      "D1 D2 E1 E2 L1",
      "a restart loses everything: set appendonly yes",
    ]);
    expect(stderr).toBe(
      "1 error, 1 warning; node_modules/sunbeat/docs/reliability.md explains D1, D2, E1, E2 and L1\n",
    );
    expect(stdout + stderr).not.toContain("s3cret-w0rd");
  });

  test("--json gives the same as one object", async () => {
    const { exitCode, stdout } = await doctor(badUrl(), "--json");
    expect(exitCode).toBe(1);
    const answer = JSON.parse(stdout) as { findings: { setting: string }[] };
    expect(answer).toEqual({
      broker: bad.url.replace("//", "//:**@"),
      healthy: false,
      findings: expect.any(Array) as unknown,
    });
    expect(answer.findings.find(({ setting }) => setting === "appendonly")).toEqual({
      setting: "appendonly",
      value: "no",
      verdict: "warning",
      weakens: ["D1", "D2", "E1", "E2", "L1"],
      advice: "a restart loses everything: set appendonly yes",
    });
  });

  test.each([
    // because, URL, code
    ["nobody listens", async () => `redis://127.0.0.1:${await freePort()}`, "SUNBEAT_STORE_UNAVAILABLE"],
    ["the password is wrong", async () => bad.url.replace("//", "//:wr0ng-w0rd@"), "SUNBEAT_STORE_AUTH"],
  ])("that cannot be asked, since %s, it says so and ends with 1", async (_, url, code) => {
    const { exitCode, stdout, stderr } = await doctor(await url());
    expect(exitCode).toBe(1);
    expect(rows(stdout)).toEqual([
      [
        "connection",
        code,
        "error",
        "D1 D2 E1 E2 L1",
        expect.stringContaining("Redis at redis://") as unknown,
      ],
    ]);
    expect(stdout + stderr).not.toContain("w0rd");
  });
});

describe("on a file", () => {
  test("that is not there yet it makes none and ends with 0", async () => {
    const { exitCode, stdout } = await doctor("sqlite:./not-yet.db");
    expect(exitCode).toBe(0);
    expect(rows(stdout)[0]).toEqual(["file", "not made yet", "ok", "the first start makes it"]);
    expect(existsSync(path.join(place.folder, "not-yet.db"))).toBe(false);
  });

  test("that others can read it warns and ends with 0", async () => {
    await place.sunbeat(["-A", "shop.ts", "-b", "sqlite:./open.db", "call", "tasks.add", "-a", "[1, 2]"]);
    chmodSync(path.join(place.folder, "open.db"), 0o644);
    const { exitCode, stdout } = await doctor("sqlite:./open.db");
    expect(exitCode).toBe(0);
    expect(
      rows(stdout)
        .find(([setting]) => setting === "file mode")
        ?.slice(0, 3),
    ).toEqual(["file mode", "0644", "warning"]);
  });
});

test("on a store in memory it says that nothing is kept, and ends with 0", async () => {
  const { exitCode, stdout } = await doctor("memory:");
  expect(exitCode).toBe(0);
  expect(rows(stdout)[0]?.slice(0, 3)).toEqual(["memory:", "keeps nothing", "warning"]);
});

describe.each([["worker"], ["beat"]])("a %s that starts", (command) => {
  test("logs what is wrong, at its level, one line each, and goes on", async () => {
    const program = place.start(["-A", "shop.ts", "-b", badUrl(), command]);
    await program.says(
      /ERROR\/MainProcess\] maxmemory-policy allkeys-lru \(weakens D1, D2, E1, E2, L1\): .* set maxmemory-policy noeviction\n/,
    );
    await program.says(/WARNING\/MainProcess\] appendonly no \(weakens .*\): .* set appendonly yes\n/);
    await program.says(command === "worker" ? / ready\./ : /beat: leading/);
    program.signal("SIGTERM");
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain("s3cret-w0rd");
  });

  test("says nothing of what is well", async () => {
    const program = place.start(["-A", "shop.ts", "-b", good.url, command]);
    await program.says(command === "worker" ? / ready\./ : /beat: leading/);
    program.signal("SIGTERM");
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/WARNING|ERROR/);
  });
});
