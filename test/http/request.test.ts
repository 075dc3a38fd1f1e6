/** Requests past the guard, to real servers. */
import type { LookupAddress } from "node:dns";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import type { Resolver } from "../../src/http/guard.js";
import { type HttpOptions, resolveHttp } from "../../src/http/options.js";
import { type GuardedRequest, guardedRequest, type RequestDeps } from "../../src/http/request.js";
import { ManualClock } from "../../src/testing/index.js";
import { certificateFor, host, tlsHost } from "./servers.js";

const OPEN: HttpOptions = { allow: ["127.0.0.1", "*.example"], schemes: ["http", "https"], private: true };
const CLOSED: HttpOptions = { ...OPEN, private: false };

function ask(
  url: string,
  request: Partial<GuardedRequest> = {},
  { options = OPEN, ...deps }: Partial<RequestDeps> & { readonly options?: HttpOptions } = {},
) {
  const whole = {
    method: "GET",
    headers: new Map(),
    body: null,
    timeoutMs: 20_000,
    redirects: 0,
    maxBytes: 1e6,
  };
  return guardedRequest(
    { ...whole, ...request, url },
    { guard: resolveHttp(options), clock: systemClock, ...deps },
  );
}

/** A resolver that gives one answer after the other, and the last one from then on; it notes what it was asked. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve: Resolver = (name, _, done) => {
    const addresses = answers[Math.min(asked.push(name), answers.length) - 1]!;
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { asked, resolve };
}

const refusal = { code: "SUNBEAT_URL_REFUSED" };
const failure = (why: RegExp | string, retryable: boolean) => ({
  code: "SUNBEAT_HTTP_FAILED",
  message: expect.stringMatching(why) as string,
  details: { retryable },
});

describe("an answer", () => {
  test("comes with status, headers and bytes, and asks for nothing packed", async () => {
    const { origin, seen } = await host((_, response) =>
      response.writeHead(201, { "X-Kind": ["a", "b"] }).end("hello"),
    );
    const answer = await ask(`${origin}/path?q=1#part`, {
      method: "POST",
      headers: new Map([["content-type", "text/plain"]]),
      body: Buffer.from("é"),
    });
    expect(answer).toMatchObject({ status: 201, headers: { "x-kind": "a, b" }, body: Buffer.from("hello") });
    expect(seen).toEqual([
      expect.objectContaining({ method: "POST", url: "/path?q=1", body: "é" }) as object,
    ]);
    expect(seen[0]!.headers).toMatchObject({
      "accept-encoding": "identity",
      "content-length": "2",
      host: origin.slice("http://".length),
    });
  });

  test("that is packed all the same is refused: what it grows to nobody bounds", async () => {
    const { origin } = await host((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
    );
    await expect(ask(origin)).rejects.toMatchObject(failure(/packed as "gzip"/, false));
  });

  test("of ten gigabytes ends at maxBytes, in little memory", async () => {
    const chunk = Buffer.alloc(1 << 16);
    const all = 10 * 2 ** 30;
    let sent = 0;
    const { origin } = await host((_, response) => {
      const more = (): void => {
        let room = true;
        while (room && sent < all && !response.destroyed) {
          sent += chunk.length;
          room = response.write(chunk);
        }
      };
      response.on("drain", more);
      more();
    });
    const before = process.memoryUsage.rss();
    await expect(ask(origin, { maxBytes: 1_000_000 })).rejects.toMatchObject(
      failure(/more than 1000000 bytes/, false),
    );
    expect(sent).toBeLessThan(64 * 2 ** 20);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });

  test("of exactly maxBytes is read, and one byte more is not", async () => {
    const { origin } = await host((_, response) => response.end("12345"));
    expect((await ask(origin, { maxBytes: 5 })).body.toString()).toBe("12345");
    await expect(ask(origin, { maxBytes: 4 })).rejects.toMatchObject(failure(/more than 4 bytes/, false));
  });

  test.each([
    ["no headers", []],
    ["half of its headers", ["HTTP/1.1 200 OK\r\nX-A: "]],
    ["a byte of its body", ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "x"]],
    ["one informational answer", ["HTTP/1.1 103 Early Hints\r\n\r\n"]],
  ])("that stops after %s ends at the timeout", async (_, texts) => {
    const { port, connected } = await tcp((socket) => texts.forEach((text) => socket.write(text)));
    const clock = new ManualClock();
    const answer = ask(`http://127.0.0.1:${port}/`, { timeoutMs: 30_000 }, { clock });
    const outcome = expect(answer).rejects.toMatchObject(failure(/within 30s/, true));
    await connected;
    await clock.advance(30_000);
    await outcome;
  });

  test.each([
    [
      "a connection that breaks",
      (write: Write) => write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", true),
    ],
    ["a connection that breaks at once", (write: Write) => write("", true)],
    ["no HTTP", (write: Write) => write("SSH-2.0-x\r\n\r\n", false)],
    [
      "two lengths",
      (write: Write) => write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", false),
    ],
    ["headers without end", (write: Write) => write(`HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(40_000)}`, false)],
  ])("%s may be tried again", async (_, act) => {
    const { port } = await tcp((socket) =>
      act((text, ends) => {
        socket.write(text);
        if (ends) socket.destroySoon();
      }),
    );
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(failure(/./, true));
  });

  test("that switches the protocol is refused", async () => {
    const { port } = await tcp((socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
    );
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(failure(/protocol/, false));
  });

  test("is not waited for once the signal has aborted, before and meanwhile", async () => {
    const stop = new AbortController();
    const { origin } = await host(() => stop.abort(new Error("revoked")));
    await expect(ask(origin, {}, { signal: stop.signal })).rejects.toThrow("revoked");
    const { seen } = await host(() => undefined);
    await expect(ask(origin, {}, { signal: stop.signal })).rejects.toThrow("revoked");
    expect(seen).toEqual([]);
  });
});

type Write = (text: string, ends: boolean) => void;

async function tcp(serve: (socket: import("node:net").Socket) => void) {
  let connect!: () => void;
  const connected = new Promise<void>((resolve) => (connect = resolve));
  const sockets = new Set<import("node:net").Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", () => {
      serve(socket);
      connect();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connected };
}

describe("names", () => {
  test("an inner address behind an allowed name is refused, and nothing connects", async () => {
    const { port, seen } = await host((_, response) => response.end());
    const { resolve, asked } = resolver(["127.0.0.1"]);
    const answer = ask(`http://inner.example:${port}/`, {}, { options: CLOSED, resolve });
    await expect(answer).rejects.toMatchObject({
      ...refusal,
      details: { host: "inner.example", address: "127.0.0.1" },
    });
    expect([asked, seen]).toEqual([["inner.example"], []]);
  });

  test("a resolver that changes its answer is asked once for each connection, and what it says is judged", async () => {
    const { port, seen } = await host((_, response) => response.end());
    // The look of a guard that asks by itself would get the first answer, the socket the second.
    const { resolve, asked } = resolver(["8.8.8.8"], ["127.0.0.1"]);
    resolve("rebind.example", { all: true }, () => undefined);
    await expect(
      ask(`http://rebind.example:${port}/`, {}, { options: CLOSED, resolve }),
    ).rejects.toMatchObject(refusal);
    expect([asked.length, seen]).toEqual([2, []]);
  });

  test.each([
    [["8.8.8.8", "127.0.0.1"], "one inner among several"],
    [["2606:4700::1111", "::1"], "of version 6"],
    [["::ffff:127.0.0.1"], "mapped"],
    [[], "none at all"],
  ])("addresses %j are refused: %s", async (addresses) => {
    const { resolve } = resolver(addresses);
    await expect(ask("http://mixed.example/", {}, { options: CLOSED, resolve })).rejects.toMatchObject(
      refusal,
    );
  });

  test("what the system says of localhost is judged, too", async () => {
    const options = { ...CLOSED, allow: ["localhost"] };
    await expect(ask("http://localhost:1/", {}, { options })).rejects.toMatchObject(refusal);
  });

  test("the name that is resolved is the one that was judged", async () => {
    const { port, seen } = await host((_, response) => response.end());
    const { resolve, asked } = resolver(["127.0.0.1"]);
    await ask(`http://A.ExAmPlE.:${port}/`, {}, { resolve });
    expect([asked, seen[0]!.headers.host]).toEqual([["a.example"], `a.example:${port}`]);
  });

  test("a name that cannot be resolved may be tried again", async () => {
    const resolve: Resolver = (_, __, done) =>
      done(Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN" }), []);
    await expect(ask("http://gone.example/", {}, { resolve })).rejects.toMatchObject(
      failure(/EAI_AGAIN/, true),
    );
  });

  test("a proxy of the environment is not asked", async () => {
    const proxy = await host((_, response) => response.end("by the proxy"));
    const direct = await host((_, response) => response.end("direct"));
    const names = ["http_proxy", "HTTP_PROXY", "NODE_USE_ENV_PROXY"];
    for (const name of names) process.env[name] = name === "NODE_USE_ENV_PROXY" ? "1" : proxy.origin;
    onTestFinished(() => names.forEach((name) => delete process.env[name]));
    expect((await ask(direct.origin)).body.toString()).toBe("direct");
  });
});

describe("redirects", () => {
  const secrets = new Map([
    ["authorization", "Bearer s3cret"],
    ["cookie", "s3cret"],
    ["x-api-key", "s3cret"],
    ["webhook-signature", "v1,s3cret"],
    ["accept", "text/plain"],
    ["content-type", "text/plain"],
  ]);

  test("are not followed unless the call says so: the answer is theirs", async () => {
    const { origin } = await host((_, response) => response.writeHead(302, { location: "/next" }).end("x"));
    expect(await ask(origin)).toMatchObject({ status: 302, headers: { location: "/next" } });
  });

  test.each([
    ["http://127.0.0.1:1/", "SUNBEAT_URL_REFUSED", "loopback"],
    ["http://0x7f.1:1/", "SUNBEAT_URL_REFUSED", "another spelling"],
    ["//127.0.0.1:1/", "SUNBEAT_URL_REFUSED", "without scheme"],
    ["http://169.254.169.254/latest", "SUNBEAT_URL_REFUSED", "data of cloud machines"],
    ["http://other.invalid/", "SUNBEAT_URL_REFUSED", "another host"],
    ["http://user@b.example/", "SUNBEAT_URL_REFUSED", "a user name"],
    ["file:///etc/passwd", "SUNBEAT_URL_REFUSED", "another scheme"],
    ["http://[", "SUNBEAT_URL_REFUSED", "no URL"],
    ["http://b.example:1/", "SUNBEAT_URL_REFUSED", "an allowed name with an inner address"],
  ])("to %s end with %s: %s", async (location, code) => {
    const { port, seen } = await host((_, response) => response.writeHead(302, { location }).end());
    // The first answer leads to the test's own server, as if it were outside.
    const names: string[] = [];
    const resolve: Resolver = (name, _, done) => {
      names.push(name);
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    };
    const options: HttpOptions = { allow: ["a.example", "b.example", "127.0.0.1"], schemes: ["http"] };
    const guard = resolveHttp(options);
    // The guard of the first connection alone lets its address pass.
    let first = true;
    const lenient = {
      ...guard,
      get private() {
        return first && !(first = false);
      },
    };
    const request = { method: "GET", headers: new Map<string, string>(), body: null };
    const answer = guardedRequest(
      { ...request, url: `http://a.example:${port}/`, timeoutMs: 20_000, redirects: 3, maxBytes: 100 },
      { guard: lenient, clock: systemClock, resolve },
    );
    await expect(answer).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  });

  test.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [301, "PUT", "PUT", "body"],
    [307, "POST", "POST", "body"],
    [308, "POST", "POST", "body"],
  ])("by %i a %s becomes a %s with the body %j", async (status, method, then, body) => {
    const { origin, seen } = await host((request, response) => {
      if (request.url === "/next") response.end("there");
      else response.writeHead(status, { location: "/next" }).end();
    });
    const answer = await ask(`${origin}/`, {
      method,
      headers: secrets,
      body: Buffer.from("body"),
      redirects: 1,
    });
    expect(answer.body.toString()).toBe("there");
    const [, second] = seen;
    expect(second).toMatchObject({ method: then, url: "/next", body });
    // The same origin: what is secret goes along, what describes a body goes with it.
    expect(second!.headers).toMatchObject({ authorization: "Bearer s3cret", cookie: "s3cret" });
    expect("content-type" in second!.headers).toBe(body !== "");
    expect("content-length" in second!.headers).toBe(body !== "");
  });

  test("another origin gets no secret, also when the way leads back", async () => {
    let back = "";
    const other = await host((_, response) => response.writeHead(307, { location: back }).end());
    const { origin, seen } = await host((request, response) => {
      if (request.url === "/back") response.end("there");
      else response.writeHead(307, { location: other.origin }).end();
    });
    back = `${origin}/back`;
    await ask(origin, { method: "POST", headers: secrets, body: Buffer.from("x"), redirects: 2 });
    for (const { headers } of [other.seen[0]!, seen[1]!]) {
      expect(JSON.stringify(headers)).not.toContain("s3cret");
      expect(headers).toMatchObject({ accept: "text/plain", "content-type": "text/plain" });
    }
  });

  test("as many as the call says are followed, and the next one is the answer", async () => {
    const { origin, seen } = await host((request, response) =>
      response.writeHead(302, { location: `${request.url}x` }).end(),
    );
    expect((await ask(`${origin}/`, { redirects: 3 })).status).toBe(302);
    expect(seen.map(({ url }) => url)).toEqual(["/", "/x", "/xx", "/xxx"]);
  });
});

describe("TLS", () => {
  test("a certificate that the machine does not know, or of another name, is refused", async () => {
    const certificate = certificateFor("a.example");
    const port = await tlsHost(certificate, (_, response) => response.end("sealed"));
    const { resolve } = resolver(["127.0.0.1"]);
    const known = { resolve, ca: certificate.cert };
    expect((await ask(`https://a.example:${port}/`, {}, known)).body.toString()).toBe("sealed");
    await expect(ask(`https://a.example:${port}/`, {}, { resolve })).rejects.toMatchObject(
      failure(/self.signed/, true),
    );
    await expect(ask(`https://b.example:${port}/`, {}, known)).rejects.toMatchObject(
      failure(/altnames/, true),
    );
    // As some do to get rid of the first error, for the whole process.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    onTestFinished(() => void delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    await expect(ask(`https://a.example:${port}/`, {}, { resolve })).rejects.toMatchObject(
      failure(/self.signed/, true),
    );
  });
});
