import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Command } from "commander";
import { coreOf, parseBrokerUrl, Sunbeat } from "../../app/index.js";
import { isSunbeatError, messageOf } from "../../core/errors.js";
import { isLoopback } from "../../core/loopback.js";
import { quote } from "../../core/quote.js";
import type { DashboardOptions, Role } from "../../dashboard/index.js";
import { isPrivate, openApp, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { openBrowser } from "../open-browser.js";
import { fromCommandLine, names, usageError, wholeNumber, WrongUsage } from "../usage.js";

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly basePath?: string;
  readonly urlPrefix?: string;
  readonly basicAuth?: string;
  readonly tokenFile?: string;
  readonly allowedHost?: readonly string[];
  readonly readOnly?: true;
  readonly trustProxy?: true;
  readonly title?: string;
  readonly open?: true;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LEAST_TOKEN = 32;

export function dashboardCommand(action: Action): Command {
  const command = new Command("dashboard")
    .description("pages for a browser: schedules with the fate of each tick, tasks, workers, queues, locks")
    .option(
      "--host <address>",
      "listen there; any other than this machine takes a way to log in",
      "127.0.0.1",
    )
    .option("--port <n>", "listen on this port; 0: on a free one", wholeNumber("--port", 0, 65_535), 5_555)
    .option("--base-path <path>", "the path below which a proxy shows it, such as /ops")
    .option("--url-prefix <path>", "the same, as Flower calls it")
    .option(
      "--basic-auth <file>",
      "users and their roles, a line each as `sunbeat dashboard passwd` makes it",
    )
    .option("--token-file <file>", "a token of at least 32 characters, for programs: they may do all")
    .option(
      "--allowed-host <names>",
      "names by which browsers reach it, beside those of this machine",
      names("--allowed-host"),
    )
    .option("--read-only", "nobody changes anything")
    .option("--trust-proxy", "believe what a proxy says of host, path and client")
    .option("--title <text>", "in place of the app's name")
    .option("--open", "open it in a browser")
    .action(action<[Flags]>((cli, flags) => serve(cli, flags)));
  command.addCommand(
    new Command("passwd")
      .description(
        "make the line of a user for --basic-auth; the password is read from the terminal or stdin",
      )
      .argument("<name>", "who logs in")
      .option("--role <role>", "viewer, operator or admin", "viewer")
      .action(action<[string, { readonly role: string }]>((cli, name, { role }) => passwd(cli, name, role))),
  );
  return command;
}

async function serve(cli: Cli, flags: Flags): Promise<void> {
  const { openDashboard, DashboardServer, Users } = await import("../../dashboard/serving.js");
  const { terminal, clock } = cli;
  const { host, port, basicAuth, tokenFile, allowedHost } = flags;
  const users =
    basicAuth === undefined ? null : fromCommandLine(() => new Users(textOf("--basic-auth", basicAuth)));
  const token = tokenFile === undefined ? null : tokenOf(tokenFile);
  const isLocal = isLoopback(host);
  if (!isLocal && users === null && token === null) {
    throw usageError(
      `dashboard: ${host} is open to others, so it needs a way to log in: --basic-auth FILE, --token-file FILE, ` +
        "or an app that mounts dashboard() with resolveAccess; without them it listens on 127.0.0.1",
    );
  }
  const open = await source(cli);
  try {
    const doors = { isLoopback: isLocal, users, token };
    const hosts = [...(isLocal || host === "0.0.0.0" || host === "::" ? [] : [host]), ...(allowedHost ?? [])];
    const made = fromCommandLine(() => openDashboard(open.core, optionsOf(flags, cli), doors, hosts));
    const server = new DashboardServer({ ...made, clock });
    const at = await server.listen(host, port);
    const shown = host.includes(":") ? `[${host}]` : host;
    const url = `http://${shown}:${at}${flags.basePath ?? flags.urlPrefix ?? ""}/`;
    if (terminal.json) terminal.value({ url, broker: open.core.brokerLabel });
    else {
      terminal.line(`dashboard of ${open.core.brokerLabel}: ${url}`);
      terminal.note("Ctrl-C ends it");
    }
    if (flags.open === true) openBrowser(url);
    await signalled();
    await server.close();
  } finally {
    await open.app.close();
  }
}

/** The app, or, where only a broker is named, one without tasks. */
async function source(cli: Cli): Promise<Pick<OpenApp, "app" | "core">> {
  if (!cli.hasApp) return ofBroker(cli.options.broker ?? cli.host.env["SUNBEAT_BROKER"]);
  const open = await openApp(cli);
  if (!isPrivate(open)) return open;
  throw usageError(
    `${open.file} uses the broker ${open.core.brokerLabel}, which lives inside one process and ends with it: ` +
      "name one that others share, such as -b sqlite:./sunbeat.db",
  );
}

function ofBroker(broker: string | undefined): Pick<OpenApp, "app" | "core"> {
  if (broker === undefined) {
    throw usageError(
      "dashboard: of which system? Name an app with -A app.ts, or a broker alone with -b redis://localhost",
    );
  }
  fromCommandLine(() => parseBrokerUrl(broker));
  const app = new Sunbeat("dashboard", { broker });
  return { app, core: coreOf(app) };
}

function optionsOf(flags: Flags, { options }: Cli): DashboardOptions {
  const { basePath, urlPrefix, readOnly, trustProxy, title } = flags;
  return {
    basePath: basePath ?? urlPrefix,
    readOnly: readOnly === true,
    trustProxy: trustProxy === true,
    title,
    timezone: options.timezone,
  };
}

function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usageError(`${option}: ${messageOf(error)}`);
  }
}

function tokenOf(file: string): string {
  const token = textOf("--token-file", file).trim();
  if (token.length >= LEAST_TOKEN) return token;
  throw usageError(
    `--token-file: expected at least ${LEAST_TOKEN} characters in ${file}, got ${token.length}`,
  );
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      for (const signal of SIGNALS) process.off(signal, heard);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, heard);
  });
}

async function passwd(cli: Cli, name: string, role: string): Promise<void> {
  const { passwordLine, ROLES } = await import("../../dashboard/serving.js");
  const known = ROLES.find((each): each is Role => each === role);
  if (known === undefined) throw usageError(`--role: expected ${ROLES.join(", ")}, got ${quote(role)}`);
  const password = await readPassword();
  const line = await passwordLine(name, known, password).catch((error: unknown) => {
    throw isSunbeatError(error) ? new WrongUsage(error) : error;
  });
  if (cli.terminal.json) cli.terminal.value({ line });
  else cli.terminal.line(line);
}

/** One line of stdin; on a terminal it is not shown. */
function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write("Password: ");
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  return new Promise((resolve, reject) => {
    reader.once("line", (line) => {
      if (isTerminal) process.stderr.write("\n");
      resolve(line);
      reader.close();
    });
    reader.once("close", () => reject(usageError("passwd: expected a password on stdin, got nothing")));
  });
}
