/** docs/settings.md against the code: each option of ours stands there, and what a row names exists. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";
import { OPTION_NAMES } from "../../src/config/options.js";
import { buildProgram } from "../../src/cli/program.js";
import * as sunbeat from "../../src/index.js";
import { sourcesOfSrc } from "../support/source-tree.js";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const page = read("docs/settings.md");
const rows = [...page.matchAll(/^\| (.*?) ?\| (.*?) ?\| (.*?) ?\|$/gm)]
  .map(([, celery = "", ours = "", why = ""]) => ({ celery, ours, why }))
  .filter(({ celery }) => !/^(Celery|-)/.test(celery));
const named = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

/** The settings that Celery's users ask for first. */
const ASKED =
  `broker_url broker_use_ssl broker_transport_options broker_connection_retry broker_connection_retry_on_startup
  broker_failover_strategy result_backend result_expires result_extended result_serializer task_default_queue task_queues task_routes
  task_create_missing_queues task_serializer accept_content task_compression task_acks_late task_reject_on_worker_lost
  visibility_timeout task_track_started task_ignore_result task_send_sent_event task_time_limit task_soft_time_limit
  task_annotations task_remote_tracebacks worker_concurrency worker_prefetch_multiplier worker_max_tasks_per_child
  worker_max_memory_per_child worker_pool worker_send_task_events worker_log_format worker_task_log_format
  worker_hijack_root_logger worker_redirect_stdouts worker_enable_remote_control worker_state_db
  worker_cancel_long_running_tasks_on_connection_loss worker_soft_shutdown_timeout imports include autodiscover_tasks
  config_from_object config_from_envvar conf.update namespace global_keyprefix set_current current_app shared_task security_key
  security_certificate`.split(/\s+/);

test("each setting that is asked for has one row", () => {
  const all = rows.flatMap(({ celery }) => named(celery));
  expect(ASKED.filter((name) => !all.includes(name))).toEqual([]);
  expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
});

test("each option of ours stands in the tables", () => {
  const all = rows.flatMap(({ ours }) => named(ours));
  expect(OPTION_NAMES.filter((name) => !all.includes(name))).toEqual([]);
});

const TASK_OPTIONS = ["acks", "priority", "rateLimit", "storeErrorsEvenIfIgnored"];
const flags = buildProgram(() => async () => undefined, {})
  .commands.find((command) => command.name() === "worker")!
  .options.flatMap(({ short, long }) => [short, long]);

/** Whether something of that name is in the code. */
function exists(name: string): boolean {
  if (name.startsWith("-")) return flags.includes(name);
  if (/^(rediss:\/\/|namespace$|new Sunbeat$|redisBroker\(client\)$)/.test(name)) return true;
  if (name.startsWith("app.")) return name.slice(4) in sunbeat.Sunbeat.prototype;
  return [...OPTION_NAMES, ...TASK_OPTIONS, ...Object.keys(sunbeat)].includes(name);
}

test.each(rows)("$celery is $ours", ({ ours, why }) => {
  expect(named(ours).filter((name) => !exists(name))).toEqual([]);
  if (ours === "not here") expect(why, "the reader learns why").not.toBe("");
});

test("each variable of the environment stands there and in programs.md, and those that do are read", () => {
  const source = sourcesOfSrc().find(({ file }) => file === "config/environment.ts")!;
  const known = [...source.tree.getText().matchAll(/read\("(SUNBEAT_\w+)"\)/g)].map(([, name]) => name!);
  expect(known).toHaveLength(Object.keys(readEnvironment({})).length);
  const variables = (text: string): Set<string> =>
    new Set([...text.matchAll(/\bSUNBEAT_\w+/g)].map(([name]) => name));
  expect([...variables(page)].filter((name) => name !== "SUNBEAT_").sort()).toEqual([...known].sort());
  const [, table = ""] = /^## Configuration\n([\s\S]*?)^## /m.exec(read("docs/programs.md")) ?? [];
  expect([...variables(table)].sort()).toEqual([...known, "SUNBEAT_APP"].sort());
});
