// Compiles src to dist with plain tsc, from empty, so that a file removed from src is gone from the package too. Declarations that no
// entry of the package reaches tell nobody anything, and go; so do the comments of the code, a tenth of it, which the declarations
// have for those who use it. Indentation is by tabs: by spaces it is another tenth.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", path.join(root, "tsconfig.build.json")], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
dropUnreached();
compact();
await import("./build-dashboard.mjs");
const cli = path.join(dist, "cli", "main.js");
if (existsSync(cli)) chmodSync(cli, 0o755);
writeFileSync(path.join(dist, ".built"), "");

function dropUnreached() {
  const { exports: entries } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const todo = Object.values(entries).flatMap(({ types }) => (types ? [path.join(root, types)] : []));
  const reached = new Set(todo);
  for (const file of todo) {
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g)) {
      const next = path.join(path.dirname(file), `${specifier}.d.ts`);
      if (reached.has(next)) continue;
      reached.add(next);
      todo.push(next);
    }
  }
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const full = path.join(dist, file);
    if (file.endsWith(".d.ts") && !reached.has(full)) rmSync(full);
  }
}

function compact() {
  const compilerOptions = {
    removeComments: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
  };
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const full = path.join(dist, file);
    if (file.endsWith(".d.ts")) writeFileSync(full, withTabs(readFileSync(full, "utf8")));
    if (!file.endsWith(".js")) continue;
    const { outputText } = ts.transpileModule(readFileSync(full, "utf8"), {
      fileName: full,
      compilerOptions,
    });
    writeFileSync(full, withTabs(outputText));
  }
}

/** Four spaces at the beginning of a line are a tab, but in a text over several lines. */
function withTabs(code) {
  const source = ts.createSourceFile("a.ts", code, ts.ScriptTarget.ESNext);
  const texts = [];
  const visit = (node) => {
    if (ts.isTemplateLiteralToken(node)) texts.push([node.pos, node.end]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  let text = 0;
  return code.replace(/^(?: {4})+/gm, (spaces, at) => {
    while (text < texts.length && texts[text][1] <= at) text++;
    return text < texts.length && texts[text][0] < at ? spaces : "\t".repeat(spaces.length / 4);
  });
}
