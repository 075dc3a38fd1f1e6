/** The task `sunbeat.http`, run in place and by workers. */
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  chain,
  group,
  http,
  type HttpCall,
  isSunbeatError,
  RemoteTaskError,
  Sunbeat,
  type SunbeatOptions,
  workflow,
} from "../../src/index.js";
import { retryAfterMs } from "../../src/http/retry-after.js";
import { host } from "./servers.js";

const KEYS = [randomBytes(32), randomBytes(24)];
const secrets = { hooks: KEYS.map((key) => `whsec_${key.toString("base64")}`) };
const LOCAL = { allow: ["127.0.0.1"], schemes: ["http"], private: true, secrets } as const;

function program(options: SunbeatOptions = {}): Sunbeat {
  const app = new Sunbeat("http", { broker: "memory:", logger: null, http: LOCAL, ...options });
  onTestFinished(() => app.close());
  return app;
}
/** Runs what is sent at once; retries and cooldowns take no time. */
const eager = (options: SunbeatOptions = {}): Sunbeat => program({ taskAlwaysEager: true, ...options });

async function codeOf(end: Promise<unknown>): Promise<string | null> {
  try {
    await end;
    return null;
  } catch (error) {
    if (error instanceof RemoteTaskError) return error.remoteCode;
    return isSunbeatError(error) ? error.code : String(error);
  }
}
const run = async (call: HttpCall): Promise<unknown> => (await http.s(call).delay()).get();

describe("an answer", () => {
  test.each([
    ["application/json", '{"a":[1]}', { a: [1] }, "JSON"],
    ["application/problem+json; charset=utf-8", "7", 7, "another kind of JSON"],
    ["application/json", "ok", "ok", "what only says that it is JSON"],
    ["application/json", "", null, "nothing"],
    ["text/plain", "null", "null", "text"],
    ["text/plain; charset=iso-8859-1", Buffer.from([0xe9]), "é", "text of another charset"],
    ["text/plain; charset=nobody-knows", "é", "é", "text of an unknown charset"],
    ["application/octet-stream", "x", "x", "whatever else"],
  ])("of type %s and body %j has the body %j: %s", async (type, body, value, _) => {
    eager();
    const { origin } = await host((_, response) =>
      response.writeHead(200, { "content-type": type }).end(body),
    );
    expect(await run({ url: origin })).toMatchObject({
      status: 200,
      headers: { "content-type": type },
      body: value,
    });
  });

  test.each([
    [{ body: { total: 3 } }, "POST", '{"total":3}', "application/json", "plain data"],
    [{ body: [1, null] }, "POST", "[1,null]", "application/json", "a list"],
    [{ body: false }, "POST", "false", "application/json", "a value that is false"],
    [{ body: "text" }, "POST", "text", "text/plain;charset=utf-8", "text"],
    [
      { body: "{}", headers: { "Content-Type": "application/json" } },
      "POST",
      "{}",
      "application/json",
      "JSON as text",
    ],
    [{ body: "x", method: "put" }, "PUT", "x", "text/plain;charset=utf-8", "another method"],
    [{ body: null }, "GET", "", undefined, "null"],
    [{}, "GET", "", undefined, "nothing"],
  ])("to %j was asked with %s %j as %s: %s", async (call, method, body, type, _) => {
    eager();
    const { origin, seen } = await host((_, response) => response.end());
    await run({ url: origin, ...call });
    expect(seen.map((one) => [one.method, one.body, one.headers["content-type"]])).toEqual([
      [method, body, type],
    ]);
  });

  test.each([
    [204, undefined, null],
    [302, undefined, "SUNBEAT_HTTP_STATUS"],
    [404, undefined, "SUNBEAT_HTTP_STATUS"],
    [404, 404, null],
    [404, ["2xx", "4xx"], null],
    [200, 201, "SUNBEAT_HTTP_STATUS"],
    [429, [200, 429], null],
  ] as const)("with status %i, where %j is expected, ends with %s", async (status, expected, code) => {
    eager();
    const { origin, seen } = await host((_, response) => response.writeHead(status).end());
    expect(await codeOf(run({ url: origin, ...(expected && { expect: expected }) }))).toBe(code);
    expect(seen).toHaveLength(1); // none of these is tried again
  });

  test.each([
    ['{"status":"success","retval":{"a":1}}', { a: 1 }],
    ['{"status":"success"}', null],
  ])("as Celery's task.http gives it, %s, has the result %j", async (body, value) => {
    eager();
    const { origin } = await host((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(body),
    );
    const result: unknown = await (await http.s({ url: origin, respond: "celery" }).delay()).get();
    expect(result).toEqual(value);
  });

  test.each([
    ['{"status":"failure","reason":"no stock"}', /no stock/],
    ["[]", /is not/],
    ["", /is not/],
  ])("as Celery's task.http gives it, %j, is a failure", async (body, why) => {
    eager();
    const { origin, seen } = await host((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(body),
    );
    const end = run({ url: origin, respond: "celery" });
    await expect(end).rejects.toMatchObject({
      remoteCode: "SUNBEAT_HTTP_FAILED",
      remoteMessage: expect.stringMatching(why) as string,
    });
    expect(seen).toHaveLength(1);
  });
});

describe("a wrong call is refused where it is made", () => {
  const url = "https://example.com/";
  test.each([
    [{}, "no URL"],
    [{ url: "/hook" }, "no absolute URL"],
    [{ url, methud: "GET" }, "an unknown option"],
    [{ url, method: "GE T" }, "no token"],
    [{ url, method: "CONNECT" }, "a tunnel"],
    [{ url, method: "TRACE" }, "a trace"],
    [{ url, method: "GET", body: "x" }, "GET with a body"],
    [{ url, body: () => 1 }, "no plain data"],
    [{ url, headers: { "x-a": "1\r\nx-b: 2" } }, "a second header in a value"],
    [{ url, headers: { "x-a\r\nx-b": "1" } }, "a second header in a name"],
    [{ url, headers: { "x-a": "\u0000" } }, "a control character"],
    [{ url, headers: { "x-a": "ж" } }, "no latin character"],
    [{ url, headers: { "": "1" } }, "no name"],
    [{ url, headers: { "x-a": 1 } }, "no text"],
    [{ url, headers: { Host: "inner" } }, "another host"],
    [{ url, headers: { "Content-Length": "0" } }, "another length"],
    [{ url, headers: { "transfer-ENCODING": "chunked" } }, "another frame"],
    [{ url, headers: { connection: "upgrade" } }, "another connection"],
    [{ url, headers: { "accept-encoding": "br" } }, "packed answers"],
    [{ url, headers: { "x-a": "1", "X-A": "2" } }, "a name twice"],
    [{ url, sign: "hooks", headers: { "Webhook-Id": "1" } }, "a signature beside sign"],
    [{ url, timeout: 0 }, "no time"],
    [{ url, timeout: "soon" }, "no duration"],
    [{ url, retryOn: [42] }, "no status"],
    [{ url, expect: "6xx" }, "no status"],
    [{ url, expect: [] }, "nothing"],
    [{ url, redirects: 21 }, "too many"],
    [{ url, maxBytes: 2 ** 30 }, "too many"],
    [{ url, respond: "soap" }, "unknown"],
  ])("%j: %s", (call, _) => {
    for (const make of [http.s, http.si]) {
      expect(() => make(call as never)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^SUNBEAT_(OPTION_(INVALID|UNKNOWN)|DURATION_INVALID)$/) as string,
        }),
      );
    }
  });
});

describe("who sends a call", () => {
  const call = { url: "http://127.0.0.1:1/" };

  test("no app with the option, or several: nobody knows, and the error says what to do", async () => {
    program({ http: undefined });
    const send = (): Promise<unknown> => chain(http.s(call)).delay();
    await expect(send()).rejects.toMatchObject({
      code: "SUNBEAT_TASK_UNBOUND",
      message: expect.stringMatching(/no app in this process.*app\.signature.*http: \{ allow/) as string,
    });
    const first = program();
    await send();
    const second = program();
    await expect(send()).rejects.toMatchObject({ code: "SUNBEAT_TASK_UNBOUND" });
    await second.close(); // an app that is closed sends nothing
    const sent = await http.s(call).delay();
    expect(await first.result(sent.id).state()).toBe("PENDING");
  });

  test("in a form the app of the other parts sends it, wherever they stand", async () => {
    program();
    const other = program({ http: undefined });
    const add = other.task("add", (x: number) => x + 1);
    const counts = async (): Promise<number> => (await other.queues.paused()).length;
    expect(await counts()).toBe(0);
    for (const form of [
      chain(http.s(call), add.si(1)),
      chain(add.s(1), http.si(call)),
      group([http.s(call), add.s(1)]),
      http.s(call).pipe(add.si(1)),
      workflow("both", (flow) => {
        flow.call(http.s(call));
        return flow.call(add, [1]);
      }),
    ]) {
      const sent = await form.delay();
      expect((await other.graph(sent.graphId).progress()).state).toBe("running");
    }
  });

  test("behind another task s() has no place for its result, and the run says so", async () => {
    const app = eager();
    const add = app.task("add", (x: number) => x + 1);
    const wrong = chain(add.s(1), app.signature("sunbeat.http", [call]));
    await expect((await wrong.delay()).get()).rejects.toMatchObject({
      remoteCode: "SUNBEAT_OPTION_INVALID",
      remoteMessage: expect.stringContaining("http.si(...)") as string,
    });
    expect(await codeOf((await app.sendTask("sunbeat.http", ["no call"])).get())).toBe(
      "SUNBEAT_OPTION_INVALID",
    );
  });

  test("a worker without the option does not know the task", async () => {
    const app = program({ http: undefined, unknownTaskGrace: 0 });
    await app.worker().start();
    const sent = await app.sendTask("sunbeat.http", [call]);
    expect(await codeOf(sent.get({ timeout: 20 }))).toBe("SUNBEAT_TASK_UNKNOWN");
  });
});

test("what the guard refuses is not tried again", async () => {
  eager({ http: { ...LOCAL, private: false } });
  const { origin, seen } = await host((_, response) => response.end());
  expect(await codeOf(run({ url: origin }))).toBe("SUNBEAT_URL_REFUSED");
  expect(seen).toEqual([]);
});

test("a call is tried again with the same webhook-id, and each try is signed by all current secrets", async () => {
  const app = eager();
  const { origin, seen } = await host((_, response) => response.writeHead(seen.length < 3 ? 503 : 200).end());
  const sent = await app.sendTask("sunbeat.http", [{ url: origin, body: { total: 3 }, sign: "hooks" }], {
    taskId: "order 7: paid",
  });
  expect(await sent.get()).toMatchObject({ status: 200 });
  expect(seen.map(({ headers }) => headers["webhook-id"])).toEqual(Array(3).fill("order%207:%20paid"));
  for (const { headers, body } of seen) {
    const signed = `${headers["webhook-id"] as string}.${headers["webhook-timestamp"] as string}.${body}`;
    const wanted = KEYS.map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    expect(headers["webhook-signature"]).toBe(wanted.join(" "));
  }
});

test("a name of no secret fails the call, and nothing is sent", async () => {
  eager();
  const { origin, seen } = await host((_, response) => response.end());
  expect(await codeOf(run({ url: origin, sign: "hoks" }))).toBe("SUNBEAT_OPTION_INVALID");
  expect(seen).toEqual([]);
});

test("tries end: nine in all, and the last one's status is the failure", async () => {
  eager();
  const { origin, seen } = await host((_, response) => response.writeHead(500).end());
  expect(await codeOf(run({ url: origin }))).toBe("SUNBEAT_HTTP_STATUS");
  expect(seen).toHaveLength(9);
});

const NOW = Date.parse("2027-01-01T00:00:00Z");
test.each([
  ["120", 120_000, "seconds"],
  [" 7 ", 7_000, "with blanks"],
  ["Fri, 01 Jan 2027 00:01:00 GMT", 60_000, "a date"],
  ["Friday, 01-Jan-27 00:01:00 GMT", 60_000, "an older form"],
  ["Fri Jan  1 00:01:00 2027", 60_000, "the oldest form, which means GMT"],
  ["99999999", 3_600_000, "longer than an hour: asked again then"],
  ["0", null, "now: the usual wait of retries"],
  ["Thu, 31 Dec 2026 23:59:00 GMT", null, "past"],
  ["-5", null, "no number of seconds"],
  ["1.5", null, "no whole number"],
  ["soon", null, "nothing that can be read"],
  ["", null, "nothing"],
  [undefined, null, "no header"],
])("Retry-After %j is %j ms: %s", (value, ms, _) => expect(retryAfterMs(value, NOW)).toBe(ms));

describe.each(["memory", "sqlite"])("a worker on %s", (store) => {
  function broker(): string {
    if (store === "memory") return "memory:";
    const folder = mkdtempSync(join(tmpdir(), "sunbeat-http-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }));
    return `sqlite:${join(folder, "http.db")}`;
  }

  test("leaves a host alone for as long as it asks, and asks others meanwhile", async () => {
    const asked: string[] = [];
    const busy = await host((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(asked.length === 1 ? 429 : 200, { "retry-after": "1" }).end();
    });
    const idle = await host((_, response) => {
      asked.push("idle");
      response.end();
    });
    const app = program({ broker: broker(), workerConcurrency: 1 });
    const cooldowns: number[] = [];
    app.events.on("task-cooldown", ({ delayMs }) => cooldowns.push(delayMs));
    const sent = [];
    for (const url of [`${busy.origin}/1`, `${busy.origin}/2`, idle.origin]) {
      sent.push(await http.s({ url, sign: "hooks" }).delay());
    }
    await app.worker().start();
    await Promise.all(sent.map((one) => one.get({ timeout: 30 })));
    expect([asked, cooldowns]).toEqual([["/1", "idle", "/1", "/2"], [1_000]]);
    expect(busy.seen[0]!.headers["webhook-id"]).toBe(busy.seen[1]!.headers["webhook-id"]);
  });

  test("ends the call when it is revoked", async () => {
    const app = program({ broker: broker() });
    let reached!: () => void;
    const begun = new Promise<void>((resolve) => (reached = resolve));
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const { origin } = await host((_, response) => {
      response.on("close", closed);
      response.write("x", reached);
    });
    await app.worker().start();
    const sent = await http.s({ url: origin }).delay();
    await begun;
    await sent.revoke({ terminate: true });
    await gone;
    expect(await codeOf(sent.get({ timeout: 20 }))).toBe("SUNBEAT_TASK_REVOKED");
  });
});

test("a soft limit ends the call", async () => {
  const app = program({ taskSoftTimeLimit: "100ms" });
  const { origin } = await host(() => undefined);
  await app.worker().start();
  const sent = await http.s({ url: origin }).delay();
  expect(await codeOf(sent.get({ timeout: 20 }))).toBe("SUNBEAT_SOFT_TIME_LIMIT");
});
