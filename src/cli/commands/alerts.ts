import { Command } from "commander";
import { type AlertView, muteTarget } from "../../app/alerts.js";
import { formatDuration } from "../../core/duration.js";
import { withApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal, readDuration } from "../local-time.js";
import { type Cell, table, whole, wrap } from "../table.js";
import { fromCommandLine, wholeNumber } from "../usage.js";
import { quoted, SEVERITY_FORMATS } from "./check.js";

interface ListFlags {
  readonly all?: true;
  readonly limit: number;
}

export function alertsCommand(action: Action): Command {
  const command = new Command("alerts").description("what is wrong, and who is told of it");
  command.addCommand(
    new Command("list")
      .description("alerts that stand, newest first, and what is muted")
      .option("--all", "those that are over, too")
      .option("--limit <n>", "how many at most", wholeNumber("--limit", 1, 500), 50)
      .action(action<[ListFlags]>((cli, flags) => list(cli, flags))),
    { isDefault: true },
  );
  command.addCommand(
    new Command("ack")
      .description("say that somebody has seen it: it is not told again while it stands")
      .argument("<id>", "of the alert; its first eight characters do")
      .option("--note <text>", "for the others")
      .action(action<[string, { readonly note?: string }]>((cli, id, flags) => ack(cli, id, flags.note))),
  );
  command.addCommand(
    new Command("mute")
      .description("have nobody told of a kind of alert")
      .argument("<kind>", 'such as queue-old; "*" for all of a subject')
      .argument("[subject]", 'entry, queue or node; "*" for all', "*")
      .option("--for <time>", "for this long, such as 2h (default: until it is ended)")
      .option("--end", "tell of it again")
      .action(
        action<[string, string, { readonly for?: string; readonly end?: true }]>(
          (cli, kind, subject, flags) => mute(cli, kind, subject, flags),
        ),
      ),
  );
  command.addCommand(
    new Command("test")
      .description("call each webhook of the app's option alerts with a test")
      .action(action<[]>((cli) => test(cli))),
  );
  return command;
}

function list(cli: Cli, { all, limit }: ListFlags): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const [alerts, mutes] = await Promise.all([
      core.alerts.list({ limit, ...(all === undefined && { standing: true }) }),
      core.alerts.mutes(),
    ]);
    if (terminal.json) {
      terminal.value({ alerts, mutes });
      return 0;
    }
    const timezone = cli.options.timezone ?? core.config.timezone;
    const local = (at: Date): string => formatLocal(at.getTime(), timezone, "seconds");
    if (alerts.length === 0) terminal.line(all === true ? "no alert is kept" : "no alert stands");
    else {
      const head = ["ID", "SEVERITY", "KIND", "SUBJECT", `SINCE (${timezone})`, "STATE", "WHAT"];
      for (const line of table(terminal, [head, ...alerts.map((alert) => row(alert, local))]))
        terminal.line(line);
    }
    for (const { kind, subject, by, until } of mutes) {
      terminal.line(
        `muted: ${kind} ${quoted(subject)} by ${by}${until === null ? "" : `, until ${local(until)}`}`,
      );
    }
    return 0;
  });
}

function row(
  { id, severity, kind, subject, raisedAt, acked, clearedAt, text }: AlertView,
  local: (at: Date) => string,
): Cell[] {
  const state =
    clearedAt !== null ? `over ${local(clearedAt)}` : acked === null ? "stands" : `seen by ${acked.by}`;
  const format = clearedAt === null ? (SEVERITY_FORMATS[severity] ?? "yellow") : "dim";
  return [
    id.slice(0, 8),
    { text: severity, format },
    kind,
    subject,
    whole(local(raisedAt)),
    state,
    wrap(text),
  ];
}

function ack(cli: Cli, id: string, note: string | undefined): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const alert = await core.alerts.ack(id, { note });
    if (terminal.json) terminal.value(alert);
    else
      terminal.line(`acknowledged ${alert.kind}${alert.subject === "" ? "" : ` ${quoted(alert.subject)}`}`);
    return 0;
  });
}

function mute(
  cli: Cli,
  kind: string,
  subject: string,
  flags: { readonly for?: string; readonly end?: true },
): Promise<number> {
  const forMs = flags.for === undefined ? null : readDuration("--for", flags.for);
  fromCommandLine(() => muteTarget("mute", kind, subject));
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const { alerts } = core;
    if (flags.end === true) await alerts.unmute(kind, subject);
    else await alerts.mute(kind, subject, forMs === null ? {} : { for: { milliseconds: forMs } });
    const name = `${kind} ${quoted(subject)}`;
    if (terminal.json) terminal.value({ kind, subject, muted: flags.end !== true, forMs });
    else if (flags.end === true) terminal.line(`told of again: ${name}`);
    else
      terminal.line(
        forMs === null ? `muted ${name}, until mute --end` : `muted ${name} for ${formatDuration(forMs)}`,
      );
    return 0;
  });
}

function test(cli: Cli): Promise<number> {
  return withApp(cli, async ({ core }) => {
    const { terminal } = cli;
    const tested = await core.alerts.test();
    const hasFailed = tested.some(({ problem }) => problem !== null);
    if (terminal.json) terminal.value(tested);
    else if (tested.length === 0) terminal.line("the app's option alerts names no webhook");
    for (const { webhook, problem } of terminal.json ? [] : tested) {
      terminal.line(
        problem === null ? `${webhook} took it` : `${terminal.paint("red", "failed")} ${webhook}: ${problem}`,
      );
    }
    return hasFailed ? 1 : 0;
  });
}
