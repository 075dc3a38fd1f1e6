import os from "node:os";
import { createRequire, isBuiltin } from "node:module";
import { Command } from "commander";
import { maskCredentials } from "../../core/credentials.js";
import { openApp, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { table, wrap } from "../table.js";
import { version } from "../version.js";

export function reportCommand(action: Action): Command {
  return new Command("report")
    .description("versions, platform and options, for a bug report; secrets are left out")
    .action(action<[]>((cli) => report(cli)));
}

async function report(cli: Cli): Promise<void> {
  const software = softwareReport();
  const app = cli.hasApp ? masked(appReport(await openApp(cli))) : null;
  const { terminal } = cli;
  if (terminal.json) return terminal.value({ software, app });
  print(cli, "software", software);
  if (app === null) return;
  terminal.line();
  const { options, ...rest } = app;
  print(cli, "app", rest);
  terminal.line();
  print(cli, "options", options);
}

function print(cli: Cli, title: string, values: object): void {
  const { terminal } = cli;
  terminal.line(terminal.paint("bold", title));
  const rows = Object.entries(values).map(([key, value]) => [`  ${key}`, wrap(textOf(value))]);
  for (const line of table(terminal, rows)) terminal.line(line);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function softwareReport() {
  const { node, icu, tz } = process.versions;
  return {
    sunbeat: version,
    node,
    icu: icu ?? "none",
    timeZones: tz ?? "unknown",
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    cores: os.availableParallelism(),
    localTimeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    sqlite: sqliteDriver(),
    ioredis: installedVersion("ioredis") ?? "not installed",
    tsx: installedVersion("tsx") ?? "not installed",
  };
}

/** Which driver the SQLite store will take. Loads none: Node 22 would print a warning. */
function sqliteDriver(): string {
  if (isBuiltin("node:sqlite")) return "node:sqlite";
  const name = "@photostructure/sqlite";
  const found = installedVersion(name);
  return found === undefined ? "not installed" : `${name} ${found}`;
}

function installedVersion(name: string): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** A report is made to be sent to others: whatever name or option has a URL in it, user and password stay here. */
function masked<T extends object>(report: T): T {
  return JSON.parse(maskCredentials(JSON.stringify(report))) as T;
}

/** The options as they are in force; of the entries only the names, since arguments may be secret. */
function appReport({ core, file }: OpenApp) {
  const { broker: _, beatSchedule, logger, ...options } = core.config;
  return {
    name: core.name,
    file,
    broker: core.brokerLabel,
    tasks: [...core.registry.names()].sort(),
    entries: Object.keys(beatSchedule),
    options: { ...options, logger: logger == null ? "none" : "the app's own" },
  };
}
