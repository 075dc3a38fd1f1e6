// `npm run bench [suite...] [-- --quick]`: runs the suites, prints a table, writes bench/results/<time>.json.
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { print } from "./harness.mjs";

const SUITES = [
  ...["crontab", "calendar", "rrule", "solar", "sun-windows", "embedded", "due-burst", "idle-tick", "import"],
  ...[
    "redis-add",
    "redis-drain",
    "redis-memory",
    "redis-burst",
    "redis-size",
    "locks",
    "graphs",
    "pools",
    "lanes",
    "unique",
    "rates",
    "signing",
    "history",
    "events",
    "ticks",
    "plan",
    "basis-walk",
    "midnight",
    "nodes",
    "otel",
    "dashboard",
  ],
];
const args = process.argv.slice(2);
const quick = args.includes("--quick");
const chosen = args.filter((arg) => !arg.startsWith("--"));
const unknown = [
  ...chosen.filter((name) => !SUITES.includes(name)),
  ...args.filter((a) => a.startsWith("--") && a !== "--quick"),
];
if (unknown.length > 0) {
  console.error(`bench: unknown ${unknown.join(", ")}; suites: ${SUITES.join(", ")}; option: --quick`);
  process.exit(2);
}

const machine = {
  node: process.version,
  platform: `${os.platform()} ${os.release()} ${os.arch()}`,
  cpu: `${os.cpus().length} x ${os.cpus()[0]?.model ?? "unknown"}`,
  at: new Date().toISOString(),
  quick,
};
console.log(
  `Node ${machine.node}, ${machine.cpu}${quick ? ", quick run: figures are rough" : ""}; (Nx) is how many times faster sunbeat is`,
);
const results = [];
for (const name of chosen.length > 0 ? chosen : SUITES) {
  const { run } = await import(`./suites/${name}.mjs`);
  const { title, rows } = await run({ quick });
  print(title, rows);
  results.push({ suite: name, title, rows });
}
const folder = fileURLToPath(new URL("./results/", import.meta.url));
mkdirSync(folder, { recursive: true });
const file = `${folder}${machine.at.replaceAll(":", "-")}.json`;
writeFileSync(file, JSON.stringify({ machine, results }, null, 2));
console.log(`\nwritten to ${file}`);
