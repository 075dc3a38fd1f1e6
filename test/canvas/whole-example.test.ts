/** test/types/canvas-example.ts, which uses nearly everything, runs from top to bottom. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

/** What a test needs otherwise than a program that has a broker and workers elsewhere, and why. */
const CHANGES: readonly (readonly [was: string, is: string])[] = [
  // Where sunbeat is.
  ["../../src/index.js", "sunbeat"],
  // No server.
  ['"redis://localhost"', '"memory:"'],
  // The worker is here, before the first result is asked for; tasks that are declared later come to it as they are.
  [
    "const result = await chained.delay();",
    'await app.worker({ queues: ["default", "slow"] }).start();\nconst result = await chained.delay();',
  ],
  // Nobody is asked.
  ['sign: "hooks" }),\n).delay();', 'sign: "hooks" }),\n).applyAsync([], { queue: "elsewhere" });'],
  // It revokes its graph, and whether that has ended by then is chance.
  [
    "await app.graph<string>(sent.graphId).get();",
    'await app.graph<string>(sent.graphId).get({ timeout: 20 }).catch((error) => { if (error.code !== "SUNBEAT_TASK_REVOKED") throw error; });',
  ],
];

test("the whole example runs", () => {
  let code = readFileSync(path.join(root, "test/types/canvas-example.ts"), "utf8");
  for (const [was, is] of CHANGES) {
    expect(code.split(was)).toHaveLength(2);
    code = code.replace(was, is);
  }
  code += `
console.log(shown, await (await total.delay()).get({ timeout: 20 }), await (await crawl.delay("x", 0)).get({ timeout: 20 }));
console.log(await (await plan.delay(1)).get({ timeout: 20 }), await (await shared.delay(1)).get({ timeout: 20 }));
await app.close();
`;
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-example-"));
  try {
    mkdirSync(path.join(folder, "node_modules"));
    symlinkSync(root, path.join(folder, "node_modules/sunbeat"), "dir");
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(path.join(folder, "example.ts"), code);
    const args = ["--import", path.join(root, "node_modules/tsx/dist/esm/index.mjs"), "example.ts"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect([status, stdout, stderr]).toEqual([0, "8 12 1\n3 2\n", ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
  }
});
