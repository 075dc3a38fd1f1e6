// Packs the package, checks its types and exports, installs the tarball in an empty folder, and runs a three-line
// program in JavaScript, one in TypeScript, a CommonJS one, and the CLI from it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(root, "node_modules", ".bin", name);
const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-pack-"));
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

function expectOutput(what, actual, expected) {
  if (!expected.test(actual)) throw new Error(`${what}: expected ${expected}, got:\n${actual}`);
  console.log(`ok  ${what}`);
}

try {
  run(process.execPath, [path.join(root, "scripts", "build.mjs")], root);
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", folder], root),
  );
  const tarball = path.join(folder, filename);
  const stray = files
    .map((file) => file.path)
    .filter((file) => !/^(dist\/|README\.md|LICENSE|CHANGELOG\.md|package\.json)/.test(file));
  if (stray.length > 0) throw new Error(`files that do not belong into the package: ${stray.join(", ")}`);
  console.log(`ok  ${filename}: ${files.length} files`);

  run(bin("publint"), ["run", tarball, "--strict"], root);
  console.log("ok  publint");
  run(bin("attw"), [tarball, "--profile", "esm-only"], root);
  console.log("ok  types resolve (attw, esm-only)");

  writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "user", private: true, type: "module" }),
  );
  const dev = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).devDependencies;
  run("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    tarball,
    `typescript@${dev.typescript}`,
    `tsx@${dev.tsx}`,
    `@types/node@${dev["@types/node"]}`,
  ]);

  const program = (annotation) => `import { Sunbeat, crontab } from "sunbeat";
const app = new Sunbeat("packed", { broker: "memory:" });
const add = app.task("add", (x${annotation}, y${annotation}) => x + y);
const worker = app.worker();
await worker.start();
console.log("sum", await (await add.delay(2, 3)).get({ timeout: 10 }), crontab("30 2 * * *").next(0));
await app.close();
`;
  writeFileSync(path.join(folder, "program.mjs"), program(""));
  expectOutput("JavaScript program", run(process.execPath, ["program.mjs"]), /^sum 5 9000000$/m);

  writeFileSync(path.join(folder, "program.ts"), program(": number"));
  run(path.join(folder, "node_modules", ".bin", "tsc"), [
    "--noEmit",
    "--strict",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--types",
    "node",
    "program.ts",
  ]);
  console.log("ok  TypeScript program compiles under strict, library types included");
  expectOutput(
    "TypeScript program",
    run(process.execPath, ["--import", "tsx", "program.ts"]),
    /^sum 5 9000000$/m,
  );

  writeFileSync(
    path.join(folder, "program.cjs"),
    `const { every } = require("sunbeat"); console.log("next", every("1m").next(0));`,
  );
  expectOutput("require() from CommonJS", run(process.execPath, ["program.cjs"]), /^next 60000$/m);

  writeFileSync(
    path.join(folder, "app.ts"),
    `import { Sunbeat } from "sunbeat";\nenum Mode { On = 1 }\nexport const app = new Sunbeat("packed", { broker: "sqlite:./packed.db" });\nexport const mode = app.task("mode", () => Mode.On);\n`,
  );
  const cli = path.join(folder, "node_modules", ".bin", "sunbeat");
  expectOutput(
    "CLI",
    run(cli, [
      "schedule",
      "next",
      "30 2 * * *",
      "--from",
      "2027-03-27",
      "--timezone",
      "Europe/Paris",
      "--count",
      "2",
    ]),
    /2027-03-28/,
  );
  expectOutput("CLI with a TypeScript app", run(cli, ["-A", "app.ts", "report"]), /packed/);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
