/** `include` on the command line and in children, and the commands of docs/celery-guides.md, in a folder as a user has it. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

const root = path.resolve(import.meta.dirname, "../..");
let place: Playground;
beforeAll(() => {
  place = new Playground();
  symlinkSync(path.join(root, "node_modules/tsx"), path.join(place.folder, "node_modules/tsx"), "dir");
  cpSync(path.join(root, "examples/proj"), path.join(place.folder, "proj"), { recursive: true });
  mkdirSync(path.join(place.folder, "elsewhere"));
});
afterAll(() => place.dispose());

const put = (file: string, code: string): void => {
  mkdirSync(path.join(place.folder, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(place.folder, file), code);
};
const env = (name: string): Record<string, string> => ({ SUNBEAT_BROKER: `sqlite:./include-${name}.db` });

const page = readFileSync(path.join(root, "docs/celery-guides.md"), "utf8");
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .flatMap(([, block = ""]) => block.trimEnd().split("\n"))
  .map((line) => ({
    line,
    args: [...line.replace(/^sunbeat /, "").matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2]!),
  }));

describe("the commands of the guides", () => {
  test("a worker runs what include names, from TypeScript, and the others do their work beside it", async () => {
    const workers = commands.filter(({ args }) => args.includes("worker"));
    const others = commands.filter(({ args }) => !args.includes("worker"));
    expect([workers.length, others.length]).toEqual([2, 4]);
    const running = workers.map(({ args }) => place.start(args, env("guides")));
    for (const program of running) await program.says(/ready\./);
    const answers = new Map<string, { exitCode: unknown; stdout: string; stderr: string }>();
    for (const { line, args } of others) answers.set(line, await place.sunbeat(args, env("guides")));
    const [call, queues, rate, inspect] = [...answers.values()];
    expect(call).toMatchObject({ exitCode: 0, stdout: "4\n" });
    expect(queues).toMatchObject({ exitCode: 0 });
    expect(rate).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("10/m") as string });
    expect(inspect).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^-> \S+: OK\n/) as string });
    for (const program of running) {
      program.signal("SIGTERM");
      expect((await program.ended()).exitCode).toBe(0);
    }
    expect(running[1]!.stderr).toContain("hipri");
  });
});

describe("include", () => {
  test("reaches children, from whatever folder the command is started", async () => {
    const program = place.start(
      ["-A", "../proj/app.ts", "worker", "-P", "processes", "-c", "1", "--workdir", "elsewhere"],
      { ...env("children"), SUNBEAT_BROKER: `sqlite:${place.folder}/include-children.db` },
    );
    await program.says(/ready\./);
    const call = ["-A", "proj/app.ts", "call", "proj.mul", "-a", "[6, 7]", "--wait", "--timeout", "30s"];
    expect(await place.sunbeat(call, env("children"))).toMatchObject({ exitCode: 0, stdout: "42\n" });
    program.signal("SIGTERM");
    expect(await program.ended()).toMatchObject({ exitCode: 0 });
  });

  test("holds for what the compiler made of TypeScript", async () => {
    put(
      "built/app.js",
      'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("b", { include: ["./tasks/*.ts"] });\n',
    );
    put("built/tasks/a.js", 'import { app } from "../app.js";\napp.task("a", () => "built");\n');
    put("built/tasks/a.d.ts", "export {};\n");
    const known = await place.sunbeat(["-A", "built/app.js", "call", "b"], env("built"));
    expect(known.stderr).toContain('"a"');
  });

  test.each([
    [
      "a pattern that finds nothing",
      '["./taks/*.ts"]',
      /^sunbeat: include: "\.\/taks\/\*\.ts" matches no file: there is no folder \S+\/bad\/taks \(did you mean \S+\/bad\/tasks\?\) \[SUNBEAT_INCLUDE_EMPTY\]$/m,
    ],
    [
      "two files that declare one task",
      '["./tasks/*.js"]',
      /^sunbeat: bad\/tasks\/b\.js:2:5: task "pay" is registered already, at \S+\/bad\/tasks\/a\.js:2:5: .* \[SUNBEAT_TASK_DUPLICATE\]$/m,
    ],
    [
      "a file that fails",
      '["./broken.js"]',
      /^sunbeat: bad\/broken\.js:1:7: TypeError: no way \[SUNBEAT_APP_LOAD_FAILED\]$/m,
    ],
  ])("%s is one line", async (_, include, line) => {
    put("bad/tasks/a.js", 'import { app } from "../app.js";\napp.task("pay", () => 1);\n');
    put("bad/tasks/b.js", 'import { app } from "../app.js";\napp.task("pay", () => 2);\n');
    put("bad/broken.js", 'throw new TypeError("no way");\n');
    put(
      "bad/app.js",
      `import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("b", { include: ${include} });\n`,
    );
    const { exitCode, stderr } = await place.sunbeat(["-A", "bad/app.js", "worker"], env("bad"));
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(line)]);
  });

  test("a log level and a concurrency of the environment hold for a worker, and a wrong one is told by its name", async () => {
    const program = place.start(["-A", "proj/app.ts", "worker"], {
      ...env("level"),
      ...{ SUNBEAT_LOG_LEVEL: "warning", SUNBEAT_CONCURRENCY: "3" },
    });
    await program.says(/concurrency: 3 \(async\)/);
    await program.says(/@WARNING/);
    program.signal("SIGTERM");
    await program.ended();
    const wrong = await place.sunbeat(["-A", "proj/app.ts", "worker"], {
      ...env("level"),
      SUNBEAT_LOG_LEVEL: "loud",
    });
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("SUNBEAT_LOG_LEVEL: expected one of") as string,
    });
    const broker = await place.sunbeat(["-A", "proj/app.ts", "worker"], { SUNBEAT_BROKER: "ftp://x" });
    expect([broker.exitCode, broker.stderr]).toEqual([
      1,
      expect.stringContaining('broker "ftp://x": unknown kind of store'),
    ]);
  });
});
