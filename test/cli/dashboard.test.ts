import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
const broker = ["-b", "sqlite:./dashboard.db"];
const TOKEN = "0123456789abcdef0123456789abcdef";

beforeAll(() => {
  place = new Playground();
  writeFileSync(path.join(place.folder, "token"), `${TOKEN}\n`);
  writeFileSync(path.join(place.folder, "short"), "secret\n");
});
afterAll(() => place.dispose());

async function started(...args: string[]) {
  const program = place.start([...broker, "dashboard", "--port", "0", ...args]);
  const [, url] = await program.prints(/: (http:\/\/\S+)\n/);
  return { program, url: url! };
}

test("with a broker alone it shows pages, and SIGTERM ends it while a page is open", async () => {
  const { program, url } = await started();
  expect(await (await fetch(`${url}readyz`)).text()).toBe("ok\n");
  expect(await (await fetch(url)).text()).toMatch(/<title>dashboard<\/title>/);
  const stream = await fetch(`${url}api/v1/events`);
  const reader = stream.body!.getReader();
  await reader.read();
  program.signal("SIGTERM");
  const { exitCode, stdout } = await program.ended();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^dashboard of sqlite:\S*dashboard\.db: http:\/\/127\.0\.0\.1:\d+\/\n$/);
  // What was sent before the end is there; then the stream is over.
  for (;;) if ((await reader.read()).done) break;
});

test("where others reach it, it takes a login: a token, or users", async () => {
  const { program, url } = await started("--host", "0.0.0.0", "--token-file", "token");
  const at = url.replace("0.0.0.0", "127.0.0.1");
  expect((await fetch(`${at}api/v1/me`)).status).toBe(401);
  const me = await fetch(`${at}api/v1/me`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await me.json()).toMatchObject({ user: "token", role: "admin" });
  program.signal("SIGTERM");
  await program.ended();
});

test("users are made by passwd, which reads the password from stdin, and log in", async () => {
  const made = await place.sunbeat(
    ["dashboard", "passwd", "ann", "--role", "operator"],
    {},
    "a long password\n",
  );
  expect(made.stdout).toMatch(/^ann:operator:scrypt\$16384\$8\$1\$\S+\n$/);
  writeFileSync(path.join(place.folder, "users"), made.stdout);
  const { program, url } = await started("--basic-auth", "users", "--read-only");
  expect((await fetch(`${url}api/v1/me`)).headers.get("www-authenticate")).toMatch(/^Basic /);
  const authorization = `Basic ${Buffer.from("ann:a long password").toString("base64")}`;
  const me = await fetch(`${url}api/v1/me`, { headers: { authorization } });
  expect(await me.json()).toMatchObject({ user: "ann", role: "operator", rights: ["read"] });
  program.signal("SIGTERM");
  await program.ended();
});

test.each<[reason: string, args: readonly string[], stdin: string, said: RegExp]>([
  [
    "others would reach it without a login",
    [...broker, "dashboard", "--host", "0.0.0.0"],
    "",
    /needs a way to log in: --basic-auth FILE, --token-file FILE, or an app that mounts dashboard\(\)/,
  ],
  [
    "a token that can be guessed",
    [...broker, "dashboard", "--token-file", "short"],
    "",
    /at least 32 characters/,
  ],
  ["a file that is not there", [...broker, "dashboard", "--basic-auth", "none"], "", /--basic-auth: ENOENT/],
  [
    "a file without users",
    [...broker, "dashboard", "--basic-auth", "short"],
    "",
    /users of the dashboard: line 1/,
  ],
  [
    "a broker that nobody else sees",
    ["-b", "memory:", "-A", "plain.js:first", "dashboard"],
    "",
    /lives inside one process/,
  ],
  [
    "neither an app nor a broker",
    ["dashboard"],
    "",
    /Name an app with -A app\.ts, or a broker alone with -b/,
  ],
  ["a port that is none", [...broker, "dashboard", "--port", "70000"], "", /--port: expected a whole number/],
  [
    "a path that is none",
    [...broker, "dashboard", "--base-path", "ops"],
    "",
    /basePath: expected a path such as/,
  ],
  [
    "a role that is none",
    ["dashboard", "passwd", "ann", "--role", "root"],
    "x\n",
    /--role: expected viewer, operator, admin/,
  ],
  ["a short password", ["dashboard", "passwd", "ann"], "short\n", /at least 12 characters/],
  ["no password", ["dashboard", "passwd", "ann"], "", /expected a password on stdin/],
])("%s: exit code 2, and why", async (_, args, stdin, said) => {
  const { exitCode, stderr } = await place.sunbeat(args, {}, stdin);
  expect(stderr).toMatch(said);
  expect(exitCode).toBe(2);
});

test("a port that is taken is told in one line", async () => {
  const { program, url } = await started();
  const port = new URL(url).port;
  const { exitCode, stderr } = await place.sunbeat([...broker, "dashboard", "--port", port]);
  expect(stderr).toMatch(
    /^sunbeat: dashboard: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.* \[SUNBEAT_USAGE\]\n$/,
  );
  expect(exitCode).toBe(1);
  program.signal("SIGTERM");
  await program.ended();
});
