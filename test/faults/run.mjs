// `npm run test:faults [-- --minutes 1 --kills 50 --tasks 100000 --chords 200 --seed N]`: the fault suites at full length.
// `minutes` is the length of each run of chance on Redis, `kills` the number of random kills on SQLite, `tasks` how many go
// through four workers at once (a million takes about a minute and 600 MB), `chords` how many of 100 members go through
// workers that are killed; a seed repeats what came by chance.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    kills: { type: "string", default: "50" },
    tasks: { type: "string", default: "100000" },
    chords: { type: "string", default: "200" },
    seed: { type: "string" },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (!(name === "minutes" ? /^\d{1,4}(\.\d{1,3})?$/ : /^\d{1,10}$/).test(value)) {
    console.error(
      `test:faults: --${name}: expected a ${name === "minutes" ? "" : "whole "}number, got ${value}`,
    );
    process.exit(2);
  }
}
const { minutes, kills, tasks, chords, seed } = values;
const env = {
  ...process.env,
  SUNBEAT_FAULT_MINUTES: minutes,
  SUNBEAT_FAULT_KILLS: kills,
  SUNBEAT_FAULT_TASKS: tasks,
  SUNBEAT_FAULT_CHORDS: chords,
};
if (seed !== undefined) env.SUNBEAT_SEED = seed;
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
// One file after the other: what is measured is take-over, not a machine that is busy with other tests.
const { status } = spawnSync(process.execPath, [vitest, "run", "test/faults", "--no-file-parallelism"], {
  cwd: root,
  env,
  stdio: "inherit",
});
process.exit(status ?? 1);
