import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, type Program } from "../support/cli.js";
import { freePort } from "../support/redis-server.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

function json(text: string): unknown {
  return JSON.parse(text);
}

describe.concurrent("loading an app", () => {
  test.each([
    // -A, name of the app, because
    ["shop.ts", "shop", "the only app among the exports, in TypeScript with an enum"],
    ["shop", "shop", "the extension may be left out"],
    ["shop.ts:app", "shop", "the export is named"],
    ["decorated.ts", "on (method on)", "a default export, with standard decorators"],
    ["plain.js:second", "second", "one of several"],
    [
      "commonjs/app.ts",
      "commonjs",
      'TypeScript without "type": "module" shares the one copy of sunbeat, too',
    ],
  ])("-A %s is %s: %s", async (target, name) => {
    const { exitCode, stdout, stderr } = await place.sunbeat(["-A", target, "report", "--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(json(stdout)).toMatchObject({ app: { name } });
  });

  test.each([
    // -A, stderr
    [
      "shpo.ts",
      /^-A shpo\.ts: there is no file \S+shpo\.ts \(did you mean "shop\.ts"\?\) \[SUNBEAT_APP_NOT_FOUND\]$/,
    ],
    [
      "shop.ts:ap",
      'shop.ts: ap is not exported (did you mean "app"?); its apps are app [SUNBEAT_APP_LOAD_FAILED]',
    ],
    ["shop.ts:add", "shop.ts: add is not a Sunbeat app; its apps are app [SUNBEAT_APP_LOAD_FAILED]"],
    [
      "plain.js",
      "plain.js exports 2 apps: choose one with -A plain.js:first; its apps are first, second [SUNBEAT_APP_LOAD_FAILED]",
    ],
    [
      "broken/foreign.js",
      /^broken\/foreign\.js made its app with another copy of sunbeat than the one that runs now \(.*\): use .* \[SUNBEAT_APP_LOAD_FAILED\]$/,
    ],
    [
      "broken/no-app.js",
      'broken/no-app.js exports no Sunbeat app (it exports somethingElse): write export const app = new Sunbeat("name", { ... }) [SUNBEAT_APP_LOAD_FAILED]',
    ],
    ["broken/syntax.ts", 'broken/syntax.ts:2:16: SyntaxError: Unexpected "=" [SUNBEAT_APP_LOAD_FAILED]'],
    [
      "broken/imports-syntax.js",
      "broken/syntax.js:2: SyntaxError: Unexpected token '=' [SUNBEAT_APP_LOAD_FAILED]",
    ],
    ["broken/throws.ts", "broken/throws.ts:5:32: Error: DATABASE_URL is not set [SUNBEAT_APP_LOAD_FAILED]"],
    ["broken/throws-null.js", "broken/throws-null.js: threw null [SUNBEAT_APP_LOAD_FAILED]"],
    [
      "broken/missing-import.js",
      /^broken\/missing-import\.js: Error: Cannot find module '\S+not-there\.js' imported from \S+ \[SUNBEAT_APP_LOAD_FAILED\]$/,
    ],
    [
      "broken/unknown-option.js",
      'broken/unknown-option.js:3:20: Sunbeat options: unknown option "brokr" (did you mean "broker"?) [SUNBEAT_OPTION_UNKNOWN]',
    ],
    ["broken/no-task.js", /^broken\/no-task\.js:3:20: entry "lamps": task: .* \[SUNBEAT_ENTRY_INVALID\]$/],
    [
      "broken/twice.js",
      /^broken\/twice\.js:5:5: task "tasks\.add" is registered already.* \[SUNBEAT_TASK_DUPLICATE\]$/,
    ],
    [
      "broken/private-task.ts",
      /^broken\/private-task\.ts:18:3: @task: "#hidden" cannot be called by its name.* \[SUNBEAT_DECORATOR_UNSUPPORTED\]$/,
    ],
    [
      "broken/no-decorated-method.ts",
      /^broken\/no-decorated-method\.ts:10:1: @tasks: "Billing" has no method .* \[SUNBEAT_DECORATOR_UNSUPPORTED\]$/,
    ],
    [
      "broken/bad-crontab.js",
      /^broken\/bad-crontab\.js:4:56: crontab: minute: 60 .* \[SUNBEAT_CRONTAB_INVALID\]$/,
    ],
    [
      "broken/bad-solar.js",
      /^broken\/bad-solar\.js:4:56: solar: unknown event "toString".* \[SUNBEAT_SOLAR_INVALID\]$/,
    ],
    [
      "broken/wrong-broker.js",
      /^broken\/wrong-broker\.js:3:20: broker "sqlit:.*did you mean "sqlite".* \[SUNBEAT_BROKER_URL_INVALID\]$/,
    ],
  ])("-A %s ends with 1 and one line that says where and why", async (target, message) => {
    const { exitCode, stdout, stderr } = await place.sunbeat(["-A", target, "report"]);
    const line = /^sunbeat: (.*)\n$/.exec(stderr)?.[1] ?? stderr;
    if (message instanceof RegExp) expect(line).toMatch(message);
    else expect(line).toBe(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  });
});

test.each([
  ["private-task.ts", "18:3", ts.ScriptTarget.ES2022],
  ["no-decorated-method.ts", "10:7", ts.ScriptTarget.ES2022],
  ["throws.ts", "5:32", ts.ScriptTarget.ES2022],
])("%s compiled by tsc with a source map fails at %s of the source", async (name, position, target) => {
  const folder = `compiled-${name.replace(".ts", "")}`;
  mkdirSync(path.join(place.folder, folder));
  const source = readFileSync(path.join(place.folder, "broken", name), "utf8");
  const options = { target, module: ts.ModuleKind.ESNext, sourceMap: true, removeComments: true };
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: name,
    compilerOptions: options,
  });
  writeFileSync(path.join(place.folder, folder, name), source);
  writeFileSync(path.join(place.folder, folder, name.replace(".ts", ".js")), outputText);
  writeFileSync(path.join(place.folder, folder, name.replace(".ts", ".js.map")), sourceMapText!);
  const { stderr } = await place.sunbeat(["-A", `${folder}/${name.replace(".ts", ".js")}`, "report"]);
  expect(stderr).toMatch(new RegExp(`^sunbeat: ${folder}/${name}:${position}: `));
});

describe.concurrent("commands that need no worker", () => {
  test("report shows options, and neither arguments nor passwords", async () => {
    const { stdout } = await place.sunbeat(["-A", "shop.ts", "report"]);
    expect(stdout).toMatch(/^software\n {2}sunbeat +\d/);
    expect(stdout).toContain("entries  add-every-second, night-report, lamps");
    expect(stdout).not.toContain("16");
  });

  test("schedule lint ends with 1 when an entry never runs", async () => {
    const { exitCode, stdout } = await place.sunbeat(["-A", "never.ts", "schedule", "lint"]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      "thirtieth-of-february\n  error never: 30 February never comes: this schedule never fires\n2 schedules checked, 1 without remarks\n",
    );
  });

  test("schedule preview interleaves the entries, in the app's zone", async () => {
    const window = ["--from", "2026-03-29T02:59:58", "--until", "2026-03-29T03:00:01"];
    const { stdout } = await place.sunbeat(["-A", "shop.ts", "schedule", "preview", ...window]);
    // 02:59:58 does not exist: the window begins at the first moment after the gap.
    expect(stdout).toBe(`Sun 2026-03-29 (Europe/Paris)
  03:00 +02:00  add-every-second  tasks.add
  03:00 +02:00  night-report      reports.build
      ^ 02:30 does not exist in Europe/Paris on 2026-03-29; runs at 03:00, after the gap
`);
  });

  test("schedule next takes an entry's name", async () => {
    const { stdout } = await place.sunbeat([
      "-A",
      "shop.ts",
      "schedule",
      "next",
      "night-report",
      "--json",
      "-c",
      "1",
    ]);
    expect(json(stdout)).toMatchObject({ timezone: "Europe/Paris", schedule: { minute: "30", hour: "2" } });
  });

  test("a worker that is left no queue does not start, whatever the broker is", async () => {
    const app = ["-A", "shop.ts", "-b", "redis://127.0.0.1:1", "worker"];
    expect(await place.sunbeat([...app, "-Q", "fast,slow", "-X", "slow,fast"])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "sunbeat: --exclude-queues leaves no queue of fast, slow to work for; name those you want with --queues [SUNBEAT_USAGE]\n",
    });
  });

  test("a misspelt task is not sent", async () => {
    const { exitCode, stderr } = await place.sunbeat([
      "-A",
      "shop.ts",
      "-b",
      "sqlite:./call.db",
      "call",
      "tasks.ad",
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^sunbeat: shop\.ts registers no task "tasks\.ad" \(did you mean "tasks\.add"\?\); it has .* \[SUNBEAT_TASK_UNKNOWN\]\n$/,
    );
  });

  test("a task is not sent to a broker that nobody else sees", async () => {
    const { exitCode, stderr } = await place.sunbeat(["-A", "shop.ts", "call", "tasks.add", "--wait"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^sunbeat: shop\.ts uses the broker memory:, .* \[SUNBEAT_USAGE\]\n$/);
  });

  test("purge counts, refuses to drop without a question, and drops by force", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./purge.db"];
    await place.sunbeat([...app, "call", "tasks.add", "-a", "[1, 2]"]);
    await place.sunbeat([
      ...app,
      "call",
      "tasks.add",
      "-a",
      "[1, 2]",
      "--queue",
      "fast",
      "--countdown",
      "1h",
    ]);
    expect(await place.sunbeat([...app, "purge"])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "sunbeat: Drop 2 tasks waiting in default (1), fast (1)? There is no terminal to ask at: give --force [SUNBEAT_USAGE]\n",
    });
    expect(await place.sunbeat([...app, "purge", "-f", "-Q", "fast"])).toMatchObject({
      exitCode: 0,
      stdout: "dropped 1 task from fast (1)\n",
    });
    expect(json((await place.sunbeat([...app, "purge", "-f", "--json"])).stdout)).toEqual({
      purged: 1,
      queues: ["default"],
    });
  });

  test("a reader that has seen enough is no error", async () => {
    const program = place.start(["schedule", "next", "* * * * *", "-c", "10000"]);
    program.closeStdout();
    expect(await program.ended()).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("an answer that finds no room on the disk is told in one line, and no success", () => {
    for (const command of [["schedule", "next", "* * * * *"], ["report"]]) {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = place.toFile(["-A", "shop.ts", ...command], full);
      closeSync(full);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: "sunbeat: the answer could not be written: ENOSPC: no space left on device, write\n",
      });
    }
  });
});

describe.concurrent("database files", () => {
  test("a file that is none of ours is refused in one line, and not touched", async () => {
    const file = path.join(place.folder, "letter.txt");
    writeFileSync(file, "Dear Sir");
    const answer = await place.sunbeat(["-A", "shop.ts", "-b", "sqlite:./letter.txt", "schedule", "list"]);
    expect(answer).toMatchObject({ exitCode: 1, stdout: "" });
    expect(answer.stderr).toMatch(/^sunbeat: .* \[SUNBEAT_STORE_CORRUPT\]\n$/);
    expect(readFileSync(file, "utf8")).toBe("Dear Sir");
  });

  test("garbage in our file is set aside and told of, never deleted", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./garbage.db"];
    await place.sunbeat([...app, "schedule", "list"]);
    const file = path.join(place.folder, "garbage.db");
    const garbage = randomBytes(5_000);
    writeFileSync(file, garbage);
    const { exitCode, stderr } = await place.sunbeat([...app, "schedule", "list"]);
    const quarantine = readdirSync(place.folder).find((name) => /^garbage\.db\.corrupt-[^a-z]+$/.test(name))!;
    expect(readFileSync(path.join(place.folder, quarantine))).toEqual(garbage);
    expect(stderr).toMatch(/^sunbeat: warning: .*damaged/);
    expect(exitCode).toBe(0);
  });

  test("a file of a newer version is refused and left as it is", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./newer.db"];
    await place.sunbeat([...app, "schedule", "list"]);
    const file = path.join(place.folder, "newer.db");
    const bytes = readFileSync(file);
    bytes.writeUInt32BE(9_999, 60); // SQLite's user_version, in which the version of the tables stands
    writeFileSync(file, bytes);
    const { exitCode, stdout, stderr } = await place.sunbeat([...app, "worker", "-q"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^sunbeat: .* \[SUNBEAT_STORE_NEWER\]\n$/);
    expect(readFileSync(file)).toEqual(bytes);
  });

  test("a beat ends with 1 when its file is replaced, so that it is started anew and leads in the new one", async () => {
    const file = path.join(place.folder, "replaced.db");
    const beat = place.start(["-A", "shop.ts", "-b", "sqlite:./replaced.db", "beat"]);
    await beat.says(/Sending due task add-every-second/);
    rmSync(file);
    const { exitCode, stderr } = await beat.ended();
    expect(stderr).toMatch(
      /ERROR\/MainProcess\] beat: ending: The database file \S+ was moved, replaced or deleted/,
    );
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(1);
  });

  test.each(["worker", "beat"])("a %s does not start on a database it cannot write", async (command) => {
    const folder = path.join(place.folder, `not-a-database-${command}`);
    // A folder in its place: permissions would not hold back root, as whom tests run in containers.
    mkdirSync(folder);
    const answer = await place.sunbeat(["-q", "-A", "shop.ts", "-b", `sqlite:${folder}`, command]);
    expect(answer).toMatchObject({ exitCode: 1, stdout: "" });
    expect(answer.stderr).toMatch(/^sunbeat: .* \[SUNBEAT_STORE_\w+\]\n$/);
  });
});

describe.concurrent("a worker with a beat", () => {
  let worker: Program;
  const app = ["-A", "shop.ts", "-b", "sqlite:./work.db"];
  beforeAll(async () => {
    worker = place.start([...app, "worker", "--beat", "-c", "4", "-n", "one@%h", "--without-gossip"]);
    await worker.says(/Task tasks\.add\[add-every-second@\d+\] succeeded/);
  });

  test("shows a banner, and log lines as Celery's", () => {
    const masked = worker.stderr
      .replace(/\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}: /g, "[TIME: ")
      .replace(/in (?:\d+(?:h|ms|m|s))+/g, "in AWAY")
      .replace(/v\d+\.\d+\.\d+/, "vVERSION")
      .replace(/@[^)@\s\]]+( ready|\))/g, "@HOST$1")
      .replace(/@\d+\]/g, "@DUE]")
      .replace(/\(term .*\)/, "(term TERM)")
      .replace(/in \d\.\d{4}s/g, "in RUNTIME");
    expect(masked.slice(0, masked.indexOf("[TIME"))).toBe(
      `sunbeat: --without-gossip has no effect: workers do not gossip here: the store knows them
sunbeat vVERSION (one@HOST)

. app:         shop (shop.ts)
. broker:      sqlite:./work.db
. results:     sqlite:./work.db
. concurrency: 4 (async)
. task events: OFF
. logfile:     [stderr]@INFO
. beat:        lease 15s, entries 3, next: add-every-second in AWAY

[queues]
  . default

[tasks]
  . tasks.add
  . tasks.crash
  . tasks.fail
  . tasks.forget
  . tasks.nothing
  . tasks.slow
  . tasks.text

[entries]
  . add-every-second  every second, in AWAY
  . night-report      at 02:30 every day (Europe/Paris), in AWAY
  . lamps             sunset at 48.85 N, 2.35 E, disabled

[entries without a task here]
  . night-report: no task "reports.build" is registered here; workers without it cannot run it

`,
    );
    const lines = masked.split("\n");
    for (const line of [
      "[TIME: INFO/MainProcess] beat: Starting...",
      "[TIME: INFO/MainProcess] one@HOST ready.",
      "[TIME: INFO/MainProcess] beat: leading (term TERM)",
      "[TIME: INFO/MainProcess] Scheduler: Sending due task add-every-second (tasks.add)",
      "[TIME: INFO/MainProcess] Task tasks.add[add-every-second@DUE] received",
    ]) {
      expect(lines).toContain(line);
    }
  });

  test.each([
    // task, arguments, exit code, stdout
    ["tasks.add", "[2, 3]", 0, /^5\n$/],
    ["tasks.text", "[]", 0, /^plain\n$/],
    ["tasks.nothing", "[]", 0, /^$/],
    ["tasks.forget", "[]", 0, /^$/],
    [
      "tasks.fail",
      "[]",
      1,
      /^FAILURE: task \S+ failed in another process \(.*\): TypeError: no such lamp\n$/,
    ],
  ])("call %s %s --wait ends with %i", async (task, args, exitCode, stdout) => {
    const answer = await place.sunbeat([...app, "call", task, "-a", args, "--wait"]);
    expect(answer.stdout).toMatch(stdout);
    expect(answer.exitCode).toBe(exitCode);
  });

  test("result tells what became of a task, and exits with 1 when that was a failure", async () => {
    const { stdout: id } = await place.sunbeat([...app, "call", "tasks.fail", "--task-id", "failing"]);
    expect(id).toBe("failing\n");
    await worker.says(/Task tasks\.fail\[failing\] raised unexpected: TypeError\('no such lamp'\)/);
    const { exitCode, stdout } = await place.sunbeat([...app, "result", "failing", "--traceback", "--json"]);
    expect(exitCode).toBe(1);
    expect(json(stdout)).toEqual({
      id: "failing",
      state: "FAILURE",
      result: null,
      error: {
        name: "TypeError",
        message: "no such lamp",
        code: null,
        cause: { name: "object", message: '{"status":402}', code: null, cause: null, value: { status: 402 } },
      },
      traceback: expect.stringMatching(
        /^TypeError: no such lamp\n {4}at .*shop\.ts:\d+[^]*\nCaused by: /,
      ) as unknown,
    });
  });

  test("result of an id that was never sent ends with 1", async () => {
    const { exitCode, stderr } = await place.sunbeat([...app, "result", "no-such-id"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^sunbeat: no task no-such-id is known here.* \[SUNBEAT_RESULT_UNKNOWN\]\n$/);
  });

  test("schedule list, show and history --json tell what the store knows", async () => {
    await worker.says(/Sending due task add-every-second/);
    const [list, show, history] = await Promise.all([
      place.sunbeat([...app, "schedule", "list", "--json"]),
      place.sunbeat([...app, "schedule", "show", "night-report", "--json"]),
      place.sunbeat([...app, "schedule", "history", "add-every-second", "--json", "--limit", "50"]),
    ]);
    const nightReport = {
      name: "night-report",
      owner: "code:shop",
      task: "reports.build",
      status: "active",
      description: "for the board",
      nextDue: expect.stringMatching(/T02:30:00\+0[12]:00$/) as unknown,
    };
    expect(json(list.stdout)).toEqual([
      expect.objectContaining({ name: "add-every-second", status: "active" }),
      expect.objectContaining({ name: "lamps", status: "disabled", nextDue: null }),
      expect.objectContaining(nightReport),
    ]);
    expect(json(show.stdout)).toMatchObject(nightReport);
    // On a busy machine some may have come too late to be sent.
    expect(history.stdout.trimEnd().split("\n").map(json)).toContainEqual(
      expect.objectContaining({
        entry: "add-every-second",
        fate: "sent",
        taskId: expect.any(String) as unknown,
      }),
    );
  });

  // After all that look at the entry.
  test.sequential("pause, resume and trigger take effect without a restart", async () => {
    expect((await place.sunbeat([...app, "schedule", "pause", "night-report"])).stdout).toBe(
      "night-report is paused\n",
    );
    expect((await place.sunbeat([...app, "schedule", "resume", "night-report"])).stdout).toMatch(
      /^night-report goes on, next at \w{3} [\d-]{10} 0[23]:[03]0 \+0[12]:00\n$/,
    );
    const { stdout } = await place.sunbeat([...app, "schedule", "trigger", "night-report"]);
    expect(stdout).toMatch(/^night-report!\S+\n$/);
    await worker.says(/Received unregistered task of type 'reports\.build'/);
  });

  test("an entry of the code is not deleted, a misspelt one is not found", async () => {
    expect(await place.sunbeat([...app, "schedule", "delete", "lamps"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("[SUNBEAT_ENTRY_CONFLICT]") as unknown,
    });
    expect(await place.sunbeat([...app, "schedule", "show", "lampss"])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: 'sunbeat: there is no entry "lampss" (did you mean "lamps"?) [SUNBEAT_ENTRY_NOT_FOUND]\n',
    });
  });

  test("a forgotten promise of a task is logged and ends nothing", async () => {
    await place.sunbeat([...app, "call", "tasks.forget", "--wait"]);
    await worker.says(
      /ERROR\/MainProcess\] tasks\.forget\[.+?\]: A promise was rejected and nobody handled it: nobody listens\n {4}Error: nobody listens\n {8}at /,
    );
  });
});

describe.concurrent("the end of a worker", () => {
  test("Ctrl-C once: the running task ends first, then 0", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./warm.db"];
    const worker = place.start([...app, "worker"]);
    await worker.says(/ready\./);
    await place.sunbeat([...app, "call", "tasks.slow", "-a", "[5]", "--task-id", "slow"]);
    await worker.says(/Task tasks\.slow\[slow\] received/);
    worker.signal("SIGINT");
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).toContain("sunbeat: hitting Ctrl+C again will give running tasks back at once\n");
    expect(stderr).toMatch(/Warm shutdown [^]*Task tasks\.slow\[slow\] succeeded in /);
    expect(exitCode).toBe(0);
  });

  test("Ctrl-C twice: the running task is given back at once, then 1", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./cold.db"];
    const worker = place.start([...app, "worker", "--logfile", "cold.log"]);
    await place.sunbeat([
      ...app,
      "call",
      "tasks.slow",
      "-a",
      "[60]",
      "--task-id",
      "slow",
      "--wait",
      "--timeout",
      "1s",
    ]);
    worker.signal("SIGINT");
    await worker.says(/hitting Ctrl\+C again/);
    worker.signal("SIGINT");
    expect(await worker.ended()).toMatchObject({ exitCode: 1 });
    const log = readFileSync(path.join(place.folder, "cold.log"), "utf8");
    expect(log).toMatch(/Task tasks\.slow\[slow\] given back: this worker is shutting down/);
    const { stdout } = await place.sunbeat([...app, "result", "slow", "--json"]);
    expect(json(stdout)).toMatchObject({ state: "PENDING" });
  });

  test("a second SIGTERM while the store is being closed does not kill it", async () => {
    const worker = place.start(["-A", "signalled-closing.js", "worker"]);
    await worker.says(/ready\./);
    worker.signal("SIGTERM");
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).not.toContain("Cold shutdown");
    expect(exitCode).toBe(0);
  });

  test.each([
    // first, second, because
    ["SIGHUP", "SIGHUP", "a closed terminal sends it twice"],
    ["SIGTERM", "SIGHUP", "systemd's SendSIGHUP sends both"],
    ["SIGHUP", "SIGTERM", "of two that wait, the system delivers the lower number first"],
  ])("%s and then %s end it warm: %s", async (first, second) => {
    const app = ["-A", "shop.ts", "-b", `sqlite:./${first}-${second}.db`];
    const worker = place.start([...app, "worker"]);
    await worker.says(/ready\./);
    await place.sunbeat([...app, "call", "tasks.slow", "-a", "[1]", "--task-id", "slow"]);
    await worker.says(/Task tasks\.slow\[slow\] received/);
    worker.signal(first as NodeJS.Signals);
    await worker.says(/Warm shutdown/);
    worker.signal(second as NodeJS.Signals);
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).toMatch(/Warm shutdown [^]*Task tasks\.slow\[slow\] succeeded in /);
    expect(exitCode).toBe(0);
  });

  test("a task that prints when nobody reads any more ends like every other", async () => {
    const app = ["-A", "printing.js", "-b", "sqlite:./printing.db"];
    const worker = place.start([...app, "worker"]);
    await worker.says(/ready\./);
    worker.closeStdout();
    const { stdout } = await place.sunbeat([...app, "call", "tasks.print", "--wait", "--timeout", "20s"]);
    expect(stdout).toBe("printed\n");
    worker.signal("SIGTERM");
    expect(await worker.ended()).toMatchObject({ exitCode: 0 });
  });

  test("an exception outside of tasks ends it cold, with 1 and the reason", async () => {
    const app = ["-A", "shop.ts", "-b", "sqlite:./crash.db"];
    const worker = place.start([...app, "worker"]);
    await place.sunbeat([...app, "call", "tasks.crash"]);
    const { exitCode, stderr } = await worker.ended();
    expect(stderr).toMatch(
      /Cold shutdown: an exception that nobody caught .*: outside of every task\n {4}RangeError: outside of every task\n/,
    );
    expect(exitCode).toBe(1);
  });

  test("a beat alone ends with 0 on SIGTERM", async () => {
    const beat = place.start(["-A", "shop.ts", "-b", "sqlite:./beat.db", "beat", "--max-interval", "2s"]);
    await beat.says(/beat: leading/);
    beat.signal("SIGTERM");
    const { exitCode, stderr } = await beat.ended();
    expect(stderr).toMatch(
      /^sunbeat beat v\S+ \(shop\)\n\n\. broker -> sqlite:\.\/beat\.db\n\. loader -> shop\.ts\n/,
    );
    expect(exitCode).toBe(0);
  });
});

test("a broker that is away is waited for with a word, and then told", async () => {
  const broker = `redis://127.0.0.1:${await freePort()}`;
  const { exitCode, stdout, stderr } = await place.sunbeat([
    ...["-A", "plain.js:first", "-b", broker, "schedule", "list"],
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toEqual([
    `waiting for ${broker}`,
    expect.stringContaining("[SUNBEAT_STORE_UNAVAILABLE]"),
  ]);
});
