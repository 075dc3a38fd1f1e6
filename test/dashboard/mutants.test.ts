/** Without any one check of who is let in, somebody is let in who should not be, and a case sees it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { coreOf } from "../../src/app/index.js";
import type { DashboardOptions } from "../../src/dashboard/index.js";
import type { Doors } from "../../src/dashboard/login.js";
import type { openDashboard } from "../../src/dashboard/open.js";
import type { passwordLine, Users } from "../../src/dashboard/passwords.js";
import { NO_PEER, type Peer } from "../../src/dashboard/web.js";
import type { Sunbeat } from "../../src/index.js";
import { ORIGIN, PAGES } from "./desk.js";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-mutants-"));

/** `find` stands once in a file of dist/dashboard. */
interface Mutant {
  readonly without: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const MUTANTS: readonly Mutant[] = [
  {
    without: "the roles",
    file: "access.js",
    find: "ROLES.indexOf(access.role) >= ROLES.indexOf(RIGHTS[right])",
    put: "true",
  },
  { without: "read-only", file: "access.js", find: "if (readOnly)", put: "if (false)" },
  {
    without: "the right of a route",
    file: "dashboard.js",
    find: "if (!can(route.right))",
    put: "if (false)",
  },
  { without: "the host", file: "dashboard.js", find: "checkHost(request, hosts, settings);", put: "" },
  { without: "the origin", file: "gate.js", find: "if (!isSame)", put: "if (false)" },
  {
    without: "the type of the body",
    file: "gate.js",
    find: 'if (type !== "application/json")',
    put: "if (false)",
  },
  {
    without: "our own header",
    file: "gate.js",
    find: "if (!logins.isCsrf(",
    put: "if (false && !logins.isCsrf(",
  },
  { without: "the user in our own header", file: "login.js", find: "`csrf ${user}`", put: "`csrf`" },
  { without: "resolveAccess", file: "login.js", find: "if (resolveAccess === null)", put: "if (false)" },
  {
    without: "the check of what a host gives",
    file: "login.js",
    find: "byHost(checkedAccess(found))",
    put: "byHost(found)",
  },
  { without: "the password", file: "passwords.js", find: "timingSafeEqual(given, hash) &&", put: "" },
  { without: "the token", file: "login.js", find: "if (isEqual(credentials, token))", put: "if (true)" },
  {
    without: "the signature of a cookie",
    file: "login.js",
    find: "!isEqual(signature, this.#sign(`cookie ${payload}`))",
    put: "false",
  },
  { without: "the end of a cookie", file: "login.js", find: "until > this.#clock.now()", put: "true" },
  {
    without: "the bound of wrong logins",
    file: "login.js",
    find: "failures.count >= FAILURES_A_MINUTE",
    put: "false",
  },
  { without: "the bound of a body", file: "dashboard.js", find: "if (size > MOST_BODY)", put: "if (false)" },
  {
    without: "the right to end a running task",
    file: "routes/tasks.js",
    find: 'if (terminate && !can("terminate"))',
    put: "if (false)",
  },
  {
    without: "the right of a bulk job",
    file: "routes/tasks.js",
    find: "if (!dryRun && !call.can(right))",
    put: "if (false)",
  },
  { without: "the right to see arguments", file: "task-page.js", find: "access.args !== false && ", put: "" },
];

type Ask = (request: Request, peer?: Peer) => Promise<Response>;
interface Copy {
  readonly Users: typeof Users;
  readonly passwordLine: typeof passwordLine;
  open(options: DashboardOptions, doors?: Partial<Doors> | null): Ask;
}

let main: { readonly Sunbeat: typeof Sunbeat; readonly coreOf: typeof coreOf };
const apps: Sunbeat[] = [];

beforeAll(async () => {
  main = (await import(pathToFileURL(path.join(DIST, "app/index.js")).href)) as typeof main;
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function copyOf(mutant: Mutant | null, number: number): Promise<Copy> {
  const root = path.join(folder, String(number));
  cpSync(path.join(DIST, "dashboard"), path.join(root, "dashboard"), { recursive: true });
  for (const name of readdirSync(DIST)) {
    if (name !== "dashboard") symlinkSync(path.join(DIST, name), path.join(root, name));
  }
  if (mutant !== null) {
    const file = path.join(root, "dashboard", mutant.file);
    const text = readFileSync(file, "utf8");
    if (text.split(mutant.find).length !== 2) throw new Error(`${mutant.file} has not once: ${mutant.find}`);
    writeFileSync(
      file,
      text.replace(mutant.find, () => mutant.put),
    );
  }
  const load = async <T>(file: string): Promise<T> =>
    (await import(pathToFileURL(path.join(root, "dashboard", file)).href)) as T;
  const { openDashboard: open } = await load<{ openDashboard: typeof openDashboard }>("open.js");
  const passwords = await load<{ Users: typeof Users; passwordLine: typeof passwordLine }>("passwords.js");
  return {
    ...passwords,
    Users: passwords.Users,
    open: (options, doors = null) => {
      const app = new main.Sunbeat("mutant", { broker: "memory:", logger: null });
      apps.push(app);
      const all = doors && { isLoopback: false, users: null, token: null, ...doors };
      const { handle } = open(main.coreOf(app), options, all, [], PAGES);
      return (request, peer = NO_PEER) => handle(request, peer);
    },
  };
}

const as = (role: "viewer" | "operator" | "admin", more: object = {}): DashboardOptions => ({
  resolveAccess: () => ({ user: role, role, ...more }),
});
const SENT = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
const CHANGE = "/api/v1/queues/q/pause";

async function change(
  ask: Ask,
  at: string,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<number> {
  const { csrf } = (await (await ask(new Request(`${ORIGIN}/api/v1/me`))).json()) as {
    readonly csrf: string;
  };
  const request = new Request(`${ORIGIN}${at}`, {
    method: "POST",
    headers: { ...SENT, "sunbeat-csrf": csrf, ...headers },
    body: JSON.stringify(body),
  });
  return (await ask(request)).status;
}

/** Each gives what it saw; what it should see stands beside it. */
const CASES: readonly (readonly [name: string, wanted: unknown, run: (copy: Copy) => Promise<unknown>])[] = [
  ["an admin changes", 200, (copy) => change(copy.open(as("admin")), CHANGE)],
  ["a viewer does not", 403, (copy) => change(copy.open(as("viewer")), CHANGE)],
  ["read-only", 403, (copy) => change(copy.open({ ...as("admin"), readOnly: true }), CHANGE)],
  [
    "another host",
    421,
    async (copy) =>
      (await copy.open({}, { isLoopback: true })(new Request("http://evil.test/api/v1/me"))).status,
  ],
  [
    "another site",
    403,
    (copy) => change(copy.open(as("admin")), CHANGE, {}, { "sec-fetch-site": "cross-site" }),
  ],
  ["a form", 415, (copy) => change(copy.open(as("admin")), CHANGE, {}, { "content-type": "text/plain" })],
  ["without our header", 403, (copy) => change(copy.open(as("admin")), CHANGE, {}, { "sunbeat-csrf": "x" })],
  [
    "with the header of another user",
    403,
    async (copy) => {
      const secret = "s".repeat(32);
      const ann = copy.open({ resolveAccess: () => ({ user: "ann", role: "admin" }), secret });
      const bob = copy.open({ resolveAccess: () => ({ user: "bob", role: "admin" }), secret });
      const { csrf } = (await (await ann(new Request(`${ORIGIN}/api/v1/me`))).json()) as {
        readonly csrf: string;
      };
      return change(bob, CHANGE, {}, { "sunbeat-csrf": csrf });
    },
  ],
  [
    "nobody says who asks",
    403,
    async (copy) => (await copy.open({})(new Request(`${ORIGIN}/api/v1/me`))).status,
  ],
  [
    "a role that is none",
    400,
    async (copy) => {
      const options = { resolveAccess: () => ({ user: "u", role: "root" as never }) };
      return (await copy.open(options)(new Request(`${ORIGIN}/api/v1/me`))).status;
    },
  ],
  [
    "tokens",
    [200, 401],
    async (copy) => {
      const ask = copy.open({}, { token: "t".repeat(32) });
      const by = async (token: string): Promise<number> =>
        (
          await ask(
            new Request("http://localhost/api/v1/me", { headers: { authorization: `Bearer ${token}` } }),
          )
        ).status;
      return [await by("t".repeat(32)), await by("x".repeat(32))];
    },
  ],
  [
    "passwords and cookies",
    { right: 200, cookie: 200, changed: 401, old: 401, wrong: [401, 401, 401, 401, 401, 429] },
    async (copy) => {
      const users = new copy.Users(await copy.passwordLine("ann", "viewer", "correct horse"));
      const ask = copy.open({}, { users });
      const by = (password: string): Promise<Response> => {
        const authorization = `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`;
        return ask(new Request("http://localhost/api/v1/me", { headers: { authorization } }));
      };
      const right = await by("correct horse");
      const cookie = right.headers.get("set-cookie")?.split(";")[0] ?? "";
      const seen = async (value: string): Promise<number> =>
        (await ask(new Request("http://localhost/api/v1/me", { headers: { cookie: value } }))).status;
      const [payload, signature] = cookie.replace("sunbeat-session=", "").split(".");
      const told = JSON.parse(Buffer.from(payload!, "base64url").toString()) as object;
      const other = Buffer.from(JSON.stringify({ ...told, role: "admin" })).toString("base64url");
      const now = Date.now;
      const found = {
        right: right.status,
        cookie: await seen(cookie),
        changed: await seen(`sunbeat-session=${other}.${signature}`),
      };
      Date.now = () => now() + 9 * 3_600_000;
      const old = await seen(cookie).finally(() => (Date.now = now));
      const wrong = [];
      for (let go = 0; go < 6; go++) wrong.push((await by("wrong")).status);
      return { ...found, old, wrong };
    },
  ],
  [
    "a large body",
    413,
    (copy) => change(copy.open(as("admin")), "/api/v1/tasks", { task: "x".repeat(300_000) }),
  ],
  [
    "to end a running task",
    403,
    (copy) => change(copy.open(as("operator")), "/api/v1/tasks/x/revoke", { terminate: true }),
  ],
  [
    "a bulk job",
    403,
    (copy) => change(copy.open(as("operator")), "/api/v1/bulk", { action: "terminate", ids: ["x"] }),
  ],
  [
    "arguments that are hidden",
    false,
    async (copy) => {
      const ask = copy.open(as("admin", { args: false }));
      const sent = new Request(`${ORIGIN}/api/v1/tasks`, {
        method: "POST",
        headers: {
          ...SENT,
          "sunbeat-csrf": ((await (await ask(new Request(`${ORIGIN}/api/v1/me`))).json()) as { csrf: string })
            .csrf,
        },
        body: JSON.stringify({ task: "t", args: ["word-of-args"], eta: 4e12 }),
      });
      const { id } = (await (await ask(sent)).json()) as { readonly id: string };
      return (await (await ask(new Request(`${ORIGIN}/api/v1/tasks/${id}`))).text()).includes("word-of-args");
    },
  ],
];

async function failed(copy: Copy): Promise<readonly string[]> {
  const names = [];
  for (const [name, wanted, run] of CASES) {
    const seen = await run(copy).catch((error: unknown) => String(error));
    if (JSON.stringify(seen) !== JSON.stringify(wanted)) names.push(name);
  }
  return names;
}

test("with all of its checks no case fails", async () => {
  expect(await failed(await copyOf(null, 0))).toEqual([]);
});

test.each(MUTANTS.map((mutant, index) => [mutant.without, mutant, index + 1] as const))(
  "without %s a case fails",
  async (_, mutant, number) => {
    expect(await failed(await copyOf(mutant, number))).not.toEqual([]);
  },
);
