/** The rules of who is let in, and what of it a page elsewhere cannot have a browser do. */
import { afterEach, describe, expect, test } from "vitest";
import type { Access } from "../../src/dashboard/access.js";
import { passwordLine, Users } from "../../src/dashboard/passwords.js";
import { ROUTES } from "../../src/dashboard/routes/index.js";
import type { Doors } from "../../src/dashboard/login.js";
import { coreOf } from "../../src/app/index.js";
import { ADMIN, Desk, ORIGIN } from "./desk.js";

const open: Desk[] = [];
afterEach(() => Promise.all(open.splice(0).map((desk) => desk.close())));

function desk(...given: ConstructorParameters<typeof Desk>): Desk {
  const made = new Desk(...given);
  open.push(made);
  return made;
}

const TOKEN = "t".repeat(32);
const doors = (some: Partial<Doors>): Doors => ({ isLoopback: false, users: null, token: null, ...some });

describe("a mounted dashboard", () => {
  test("without resolveAccess lets nobody in, and says how to set it", async () => {
    const answer = await desk({}).ask("GET", "/me");
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ detail: expect.stringContaining("resolveAccess") as string });
  });

  test("asks resolveAccess for each request, and shows its user", async () => {
    const made = desk({
      resolveAccess: (request) => ({
        user: request.headers.get("x-user") ?? "?",
        role: "viewer",
      }),
    });
    const answer = await made.ask("GET", "/me", { headers: { "x-user": "bob" } });
    expect(answer.body).toMatchObject({ user: "bob", role: "viewer", rights: ["read"] });
  });

  test("hands on the answer of a host that wants a login first", async () => {
    const made = desk({ resolveAccess: () => Response.redirect("https://login.test/", 302) });
    expect((await made.ask("GET", "/tasks")).status).toBe(302);
  });

  test.each<[reason: string, given: unknown]>([
    ["nothing", undefined],
    ["a role that is none", { user: "u", role: "root" }],
    ["a right that is none", { user: "u", role: "viewer", can: ["everything"] }],
    ["nobody", { role: "admin" }],
    ["a field that is none", { user: "u", role: "viewer", admin: true }],
  ])("lets nobody in where resolveAccess gives %s", async (_, given) => {
    const made = desk({ resolveAccess: () => given as Access });
    expect((await made.ask("GET", "/me")).status).toBe(400);
  });

  test("lets all in where the host guards the path itself", async () => {
    expect((await desk({ resolveAccess: "open" }).ask("GET", "/me")).body).toMatchObject({ role: "admin" });
  });
});

describe("a change", () => {
  const right = { "content-type": "application/json", "sec-fetch-site": "same-origin" };

  test.each<[reason: string, headers: Record<string, string>, status: number]>([
    ["with all that a page of ours sends", right, 200],
    ["from a page of another site", { ...right, "sec-fetch-site": "cross-site" }, 403],
    ["from a page of a neighbour", { ...right, "sec-fetch-site": "same-site" }, 403],
    ["typed into the address bar", { ...right, "sec-fetch-site": "none" }, 403],
    ["by an old browser, from our own origin", { "content-type": "application/json", origin: ORIGIN }, 200],
    [
      "by an old browser, from another origin",
      { "content-type": "application/json", origin: "http://evil.test" },
      403,
    ],
    ["by an old browser that does not tell", { "content-type": "application/json" }, 403],
    ["with the origin of no page", { "content-type": "application/json", origin: "null" }, 403],
    [
      "as a form, which any page may send",
      { ...right, "content-type": "application/x-www-form-urlencoded" },
      415,
    ],
    ["as text, which any page may send", { ...right, "content-type": "text/plain" }, 415],
  ])("%s", async (_, headers, status) => {
    const made = desk();
    const { csrf } = (await made.ask("GET", "/me")).body as { readonly csrf: string };
    const request = new Request(`${ORIGIN}/api/v1/queues/q/pause`, {
      method: "POST",
      headers: { host: "dashboard.test", "sunbeat-csrf": csrf, ...headers },
      body: "{}",
    });
    expect((await made.handle(request)).status).toBe(status);
    expect(await made.app.queues.paused()).toHaveLength(status === 200 ? 1 : 0);
  });

  test.each<[reason: string, csrf: string | null]>([
    ["without the header", null],
    ["with another one", "x".repeat(43)],
    ["with an empty one", ""],
  ])("%s of our pages is refused", async (_, csrf) => {
    const headers = csrf === null ? {} : { "sunbeat-csrf": csrf };
    expect((await desk().ask("POST", "/queues/q/pause", { headers })).status).toBe(403);
  });

  test("of one user is not let in with the header of another", async () => {
    let user = "ann";
    const made = desk({ resolveAccess: () => ({ user, role: "admin" }), secret: "s".repeat(32) });
    const { csrf } = (await made.ask("GET", "/me")).body as { readonly csrf: string };
    user = "bob";
    const answer = await made.ask("POST", "/queues/q/pause", { headers: { "sunbeat-csrf": csrf } });
    expect(answer.status).toBe(403);
  });

  test("is let in by another dashboard that has the same secret", async () => {
    const options = { resolveAccess: (): Access => ADMIN, secret: "s".repeat(32) };
    const [one, other] = [desk(options), desk(options)];
    const { csrf } = (await one.ask("GET", "/me")).body as { readonly csrf: string };
    expect((await other.ask("POST", "/queues/q/pause", { headers: { "sunbeat-csrf": csrf } })).status).toBe(
      200,
    );
  });

  test("by GET there is none: every route that changes something is of another method", () => {
    const reads = ROUTES.filter(({ method }) => method === "GET");
    expect(reads.filter(({ right }) => right !== "read")).toEqual([]);
    expect(reads.filter(({ body }) => body !== null)).toEqual([]);
  });
});

describe("hosts", () => {
  test.each<[reason: string, host: string, status: number]>([
    ["this machine by name", "localhost:5555", 200],
    ["this machine by address", "127.0.0.1:5555", 200],
    ["this machine by its newer address", "[::1]:5555", 200],
    ["a name that was allowed", "ops.test", 200],
    ["the same in capitals", "OPS.test:80", 200],
    ["a name that somebody made lead here", "evil.test:5555", 421],
    ["a name that begins with an allowed one", "ops.test.evil.test", 421],
  ])("%s", async (_, host, status) => {
    const made = desk({ allowedHosts: ["ops.test"] }, { doors: doors({ isLoopback: true }) });
    const request = new Request(`http://${host}/api/v1/me`, { headers: { host } });
    expect((await made.handle(request)).status).toBe(status);
  });
});

describe("logins", () => {
  const asUser = (name: string, password: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
  });
  const users = async (): Promise<Users> =>
    new Users(`# who\n${await passwordLine("ann", "operator", "correct horse battery")}\n`);

  test("a name and its password give a role, and a cookie for eight hours", async () => {
    const made = desk({}, { doors: doors({ users: await users() }) });
    const first = await made.handle(
      new Request("http://localhost/api/v1/me", { headers: asUser("ann", "correct horse battery") }),
    );
    expect(await first.json()).toMatchObject({ user: "ann", role: "operator" });
    const cookie = first.headers.get("set-cookie")!;
    expect(cookie).toMatch(
      /^sunbeat-session=[\w-]+\.[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800$/,
    );
    const value = cookie.split(";")[0]!;
    const again = await made.handle(
      new Request("http://localhost/api/v1/me", { headers: { cookie: value } }),
    );
    expect(await again.json()).toMatchObject({ user: "ann", role: "operator" });
  });

  test("a cookie over https is for https alone", async () => {
    const made = desk({}, { doors: doors({ users: await users() }) });
    const request = new Request("https://localhost/api/v1/me", {
      headers: asUser("ann", "correct horse battery"),
    });
    expect((await made.handle(request)).headers.get("set-cookie")).toMatch(/; Secure$/);
  });

  test.each<[reason: string, change: (cookie: string) => string]>([
    ["with another role", (cookie) => `sunbeat-session=${changed(cookie, { role: "admin" })}`],
    ["with another end", (cookie) => `sunbeat-session=${changed(cookie, { until: 1e15 })}`],
    ["without its signature", (cookie) => cookie.split(".")[0]!],
    ["of nothing", () => "sunbeat-session=."],
  ])("a cookie %s lets nobody in", async (_, change) => {
    const made = desk({}, { doors: doors({ users: await users() }) });
    const first = await made.handle(
      new Request("http://localhost/api/v1/me", { headers: asUser("ann", "correct horse battery") }),
    );
    const cookie = change(first.headers.get("set-cookie")!.split(";")[0]!);
    expect(
      (await made.handle(new Request("http://localhost/api/v1/me", { headers: { cookie } }))).status,
    ).toBe(401);
  });

  test.each<[reason: string, name: string, password: string]>([
    ["another password", "ann", "wrong"],
    ["another name", "bob", "correct horse battery"],
    ["no password", "ann", ""],
  ])("%s is asked to log in", async (_, name, password) => {
    const made = desk({}, { doors: doors({ users: await users() }) });
    const answer = await made.handle(new Request("http://localhost/", { headers: asUser(name, password) }));
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="sunbeat", charset="UTF-8"',
    ]);
  });

  test("five wrong logins a minute are all that an address has; others still come in", async () => {
    const made = desk({}, { doors: doors({ users: await users() }) });
    const from = (address: string, password: string) =>
      made.handle(new Request("http://localhost/", { headers: asUser("ann", password) }), {
        address,
        mount: null,
      });
    const statuses = [];
    for (let go = 0; go < 6; go++) statuses.push((await from("10.0.0.1", "wrong")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await from("10.0.0.1", "correct horse battery")).status).toBe(429);
    expect((await from("10.0.0.2", "correct horse battery")).status).toBe(200);
  });

  test("a token is for programs: it may do all, and needs no header of our pages", async () => {
    const made = desk({}, { doors: doors({ token: TOKEN }) });
    const request = (authorization: string) =>
      made.handle(
        new Request("http://localhost/api/v1/queues/q/pause", {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: "{}",
        }),
      );
    expect((await request(`Bearer ${TOKEN}`)).status).toBe(200);
    expect((await request(`Bearer ${TOKEN}x`)).status).toBe(401);
    const [row] = await made.app.audit.list();
    expect(row).toMatchObject({ by: "token", via: "api", verb: "pauseQueue", target: "q", outcome: "ok" });
  });

  test.each<[reason: string, line: string]>([
    ["no role", "ann:scrypt$16384$8$1$AAAAAAAAAAA=$AAAA"],
    ["a role that is none", "ann:root:scrypt$16384$8$1$AAAAAAAAAAA=$AAAA"],
    ["a password as it is", "ann:admin:secret"],
    ["nothing", ""],
  ])("a file of users with %s is refused", (_, line) => {
    expect(() => new Users(line)).toThrow(expect.objectContaining({ code: "SUNBEAT_OPTION_INVALID" }));
  });
});

function changed(cookie: string, change: object): string {
  const [payload, signature] = cookie.slice("sunbeat-session=".length).split(".");
  const told = JSON.parse(Buffer.from(payload!, "base64url").toString("utf8")) as object;
  return `${Buffer.from(JSON.stringify({ ...told, ...change })).toString("base64url")}.${signature}`;
}

describe("every answer", () => {
  test.each(["/", "/tasks/x", "/api/v1/me", "/api/v1/nothing", "/metrics", "/livez", "/assets/none.js"])(
    "of %s says what a browser may do with it, and lets no other origin read it",
    async (path) => {
      const response = await desk().handle(
        new Request(`${ORIGIN}${path}`, { headers: { origin: "http://evil.test" } }),
      );
      const names = [...response.headers.keys()];
      expect(names.filter((name) => name.startsWith("access-control"))).toEqual([]);
      if (path === "/" || path === "/tasks/x") return;
      expect(response.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; script-src 'self'/,
      );
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
      expect(response.headers.get("cache-control")).toMatch(/no-store|immutable/);
    },
  );

  test("of what is not known is a problem, and not a page", async () => {
    const answer = await desk().ask("GET", "/nothing");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  });
});

describe("bounds", () => {
  test("a body of more than 256 kB is refused", async () => {
    const answer = await desk().change(
      "POST",
      "/tasks",
      JSON.stringify({ task: "t", args: ["x".repeat(300_000)] }),
    );
    expect(answer).toMatchObject({ status: 413, body: { code: "SUNBEAT_PAYLOAD_TOO_LARGE" } });
  });

  test.each<[reason: string, body: unknown, code: string]>([
    ["a field that nobody has", { task: "t", ags: [] }, "SUNBEAT_OPTION_UNKNOWN"],
    ["a field of another kind", { task: 1 }, "SUNBEAT_OPTION_INVALID"],
    ["a missing field", {}, "SUNBEAT_OPTION_INVALID"],
    ["no object", "[]", "SUNBEAT_OPTION_INVALID"],
    ["no JSON", "{", "SUNBEAT_OPTION_INVALID"],
  ])("%s is refused with its name", async (_, body, code) => {
    expect(await desk().change("POST", "/tasks", body)).toMatchObject({ status: 400, body: { code } });
  });

  test("the twenty-first search at once waits for none of the others", async () => {
    const made = desk();
    const { tasks } = coreOf(made.app);
    const ends: (() => void)[] = [];
    const page = { rows: [], next: null, scanned: 0, reached: null };
    Object.assign(tasks, { search: () => new Promise((resolve) => ends.push(() => resolve(page))) });
    const running = Array.from({ length: 20 }, () => made.ask("GET", "/tasks"));
    await expect.poll(() => ends.length).toBe(20);
    const refused = await made.ask("GET", "/tasks");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    for (const end of ends) end();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    const next = made.ask("GET", "/tasks");
    await expect.poll(() => ends.length).toBe(21);
    ends.at(-1)!();
    expect((await next).status).toBe(200);
  });
});

describe("what is hidden", () => {
  const withTask = async (access: Access, options: object = {}): Promise<string> => {
    const made = desk({ resolveAccess: () => access, ...options });
    const sent = await made.app.sendTask("t", ["word-of-args", { password: "word-of-args-2" }], {
      countdown: 3_600,
    });
    return JSON.stringify((await made.ask("GET", `/tasks/${sent.id}`)).body);
  };

  test.each<[reason: string, access: Access, options: object, shows: boolean]>([
    ["who may see all", ADMIN, {}, true],
    ["who may not see arguments", { ...ADMIN, args: false }, {}, false],
    ["nobody, by an option", ADMIN, { hide: { args: true } }, false],
  ])("arguments: %s", async (_, access, options, shows) => {
    expect((await withTask(access, options)).includes("word-of-args")).toBe(shows);
  });

  test("what a name hides is hidden from everybody", async () => {
    expect(await withTask(ADMIN)).not.toContain("word-of-args-2");
  });

  test("format shows a value in other words", async () => {
    const said = await withTask(ADMIN, {
      format: (value: unknown, { what }: { readonly what: string }) =>
        `${what}: ${(value as unknown[]).length} values`,
    });
    expect(said).toContain("args: 2 values");
  });
});

test("each change leaves a row in the audit, with who did it from where", async () => {
  const made = desk();
  const { csrf } = (await made.ask("GET", "/me")).body as { readonly csrf: string };
  const headers = {
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
    "sunbeat-csrf": csrf,
  };
  const request = new Request(`${ORIGIN}/api/v1/queues/q/pause`, {
    method: "POST",
    headers,
    body: '{"reason":"deploy"}',
  });
  await made.handle(request, { address: "10.1.2.3", mount: null });
  const [row] = await made.app.audit.list();
  expect(row).toMatchObject({
    by: "ann",
    via: "dashboard",
    from: "10.1.2.3",
    verb: "pauseQueue",
    target: "q",
  });
});
