/** Who may come in: a user with the rights of docs/redis.md, and TLS with a certificate of one's own. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { message } from "../../conformance/suite/samples.js";
import { describeStore } from "../../support/conformance-runner.js";
import { redisHarness } from "../../support/redis-harness.js";
import { freePort, type RedisServer, startRedis } from "../../support/redis-server.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

describe("a user with least rights", () => {
  // Those of docs/redis.md, but for the namespaces: each test has its own.
  const page = readFileSync(path.resolve(import.meta.dirname, "../../../docs/redis.md"), "utf8");
  const [, rules = ""] = /ACL SETUSER sunbeat on >PASSWORD ([^()]*?)\n\n/.exec(page) ?? [];
  const rights = rules.split(/\s+/).map((rule) => rule.replace("{sunbeat}", "{t"));
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    await server.raw.call("ACL", "SETUSER", "worker", "on", ">p%ss@word", ...rights);
  });
  afterAll(() => server?.stop());
  const url = (): string => server.url.replace("//", `//worker:${encodeURIComponent("p%ss@word")}@`);

  describeStore("redis with an ACL user", (clock) =>
    redisHarness(
      (namespace) => openRedisStore(url(), { ...context, clock }, { namespace, clock: "context" }),
      clock,
    ),
  );

  test("without the right to INFO all but the bytes is told", async () => {
    const store = await openRedisStore(url(), context, { namespace: "t-info" });
    try {
      const { bytes } = await store.measure();
      await store.sender.enqueue([message("large", { body: "x".repeat(8 * 1024 * 1024) })]);
      expect((await store.measure()).bytes).toBeGreaterThan((bytes ?? Infinity) + 8 * 1024 * 1024);
      await server.raw.call("ACL", "SETUSER", "worker", "-info");
      expect(await store.measure()).toMatchObject({ isLed: false, lockWaiters: 0, bytes: null });
    } finally {
      await server.raw.call("ACL", "SETUSER", "worker", "+info");
      await store.close();
    }
  });

  test("keys of another namespace are refused, with a code and without the password", async () => {
    // Opening looks at their version.
    const opening = openRedisStore(url(), context, { namespace: "other" });
    const error = await opening.catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: "SUNBEAT_STORE_AUTH", retryable: false });
    expect(String((error as Error).message)).not.toContain("p%ss@word");
    expect(String((error as Error).message)).toContain("its ACL needs ~{other}*, see ");
  });

  test("a wrong password is an error at once", async () => {
    const wrong = server.url.replace("//", "//worker:nonsense@");
    const startedAt = systemClock.monotonicMs();
    await expect(openRedisStore(wrong, context)).rejects.toMatchObject({ code: "SUNBEAT_STORE_AUTH" });
    expect(systemClock.monotonicMs() - startedAt).toBeLessThan(20_000);
  });
});

describe("TLS", () => {
  let server: RedisServer;
  let port: number;
  let ca: string;
  beforeAll(async () => {
    const plain = await startRedis();
    const file = (name: string): string => path.join(plain.directory, name);
    ca = file("own.crt");
    const made = spawnSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
        ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("own.key"), "-out", ca],
      ],
      { encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`openssl is needed to test TLS: ${made.stderr}`);
    port = await freePort();
    // One by one, the port last: several in one command need Redis 7.
    await plain.raw.config("SET", "tls-cert-file", ca);
    await plain.raw.config("SET", "tls-key-file", file("own.key"));
    await plain.raw.config("SET", "tls-auth-clients", "no");
    await plain.raw.config("SET", "tls-port", port);
    server = plain;
  });
  afterAll(() => server?.stop());

  test("works with the authority that the URL names", async () => {
    const url = `rediss://127.0.0.1:${port}?ca=${encodeURIComponent(ca)}`;
    const store = await openRedisStore(url, context);
    expect(await store.sender.enqueue([message("a")])).toEqual(["queued"]);
    await store.close();
  });

  test("a certificate nobody vouches for is refused, and says so", async () => {
    await expect(openRedisStore(`rediss://127.0.0.1:${port}`, context)).rejects.toMatchObject({
      code: "SUNBEAT_STORE_AUTH",
      retryable: false,
      message: expect.stringContaining("ca= in the URL, or in NODE_EXTRA_CA_CERTS") as string,
    });
  });

  test("an authority that cannot be read is an error that names the file", async () => {
    const url = `rediss://127.0.0.1:${port}?ca=/no/such/file`;
    await expect(openRedisStore(url, context)).rejects.toMatchObject({ code: "SUNBEAT_BROKER_URL_INVALID" });
  });
});
