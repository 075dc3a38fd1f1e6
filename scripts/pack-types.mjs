// Compiles a program against the packed types, under the strictest options and without skipLibCheck, in the versions of
// TypeScript that people have. None of them sees @types/node: its names are no part of the public types.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

const COMPILERS = ["5.4.5", "5.9.3", "6.0.3", "7.0.2"];
const FORMS = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
  // Neither Node nor the DOM, as where "types" and "lib" are set with care.
  { module: "nodenext", moduleResolution: "nodenext", lib: ["es2022"] },
];

const PROGRAM = `import { Sunbeat, crontab, locked } from "sunbeat";
import type { CalendarData } from "sunbeat/calendar";
import { redisBroker } from "sunbeat/redis";
import { dashboard, toNodeListener } from "sunbeat/dashboard";
import { instrument } from "sunbeat/otel";
import { quorum } from "sunbeat/redlock";
import { virtualTime } from "sunbeat/testing";

export const app = new Sunbeat("packed", { broker: "memory:", timezone: "Europe/Paris" });
export const add = app.task("add", (x: number, y: number) => x + y);
export const sum: Promise<number> = add.delay(2, 3).then((result) => result.get({ timeout: 10 }));
export const guarded = app.task("guarded", locked("only-one")((name: string) => name.length));
export const next: number | null = crontab("30 2 * * *").next(0);
export const all = [dashboard, instrument, redisBroker, quorum, toNodeListener, virtualTime] as const;
export const off: CalendarData = { name: "off", covers: { from: "2027-01-01", to: "2027-12-31" }, days: ["2027-01-01"] };
// @ts-expect-error: a number is expected
export const wrong = add.delay("2", 3);
`;

const nameOf = (version) => `typescript-${version}`;

/** Throws with the compiler's words. `install` takes packages into \`folder\`. */
export function checkTypes({ folder, install }) {
  install(...COMPILERS.map((version) => `${nameOf(version)}@npm:typescript@${version}`));
  writeFileSync(path.join(folder, "types.ts"), PROGRAM);
  for (const version of COMPILERS) for (const form of FORMS) compile(folder, version, form);
  console.log(`ok  types compile under TypeScript ${COMPILERS.join(", ")}, without @types/node`);
}

function compile(folder, version, form) {
  const compilerOptions = {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    ...{ target: "es2022", types: [], ...form },
  };
  // Under another name than other compilers look for.
  const project = path.join(folder, "types.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  const tsc = path.join(folder, "node_modules", nameOf(version), "bin", "tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`types under TypeScript ${version}, ${JSON.stringify(form)}:\n${stdout}${stderr}`);
}
