// `npm run test:faults [-- --kills 50] [-- --seed N]`: the fault suites at full length.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: { kills: { type: "string", default: "50" }, seed: { type: "string" } },
});
for (const [name, value] of Object.entries(values)) {
  if (!/^\d{1,10}$/.test(value)) {
    console.error(`test:faults: --${name}: expected a whole number, got ${value}`);
    process.exit(2);
  }
}
const env = { ...process.env, SUNBEAT_FAULT_KILLS: values.kills };
if (values.seed !== undefined) env.SUNBEAT_SEED = values.seed;
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, "run", "test/faults"], {
  cwd: root,
  env,
  stdio: "inherit",
});
process.exit(status ?? 1);
