import { Command } from "commander";
import { formatDuration } from "../../core/duration.js";
import { quote } from "../../core/quote.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { readDuration } from "../local-time.js";
import type { Format } from "../terminal.js";
import { names, usageError, wholeNumber } from "../usage.js";

interface Flags {
  readonly beat?: true;
  readonly schedules?: true;
  readonly workers?: number;
  readonly queue?: readonly string[];
  readonly entry?: readonly string[];
}

export const SEVERITY_FORMATS: Readonly<Record<string, Format>> = {
  critical: "red",
  error: "red",
  warning: "yellow",
};

export function checkCommand(action: Action): Command {
  return new Command("check")
    .description("look for what is wrong, for monitors: exit code 0 when nothing is, 1 when something is")
    .option("--beat", "only whether a beat leads, and is well")
    .option("--schedules", "only whether what is due was sent, and ran")
    .option("--workers <n>", "only whether so many workers are alive", wholeNumber("--workers", 0, 1_000_000))
    .option("--queue <name:time>", 'only whether a queue moves: "fast:5m"', names("--queue"))
    .option("--entry <names>", "only these entries", names("--entry"))
    .action(action<[Flags]>((cli, flags) => check(cli, flags)));
}

function check(cli: Cli, { queue, beat, schedules, workers, entry }: Flags): Promise<number> {
  const queues = queue && Object.fromEntries(queue.map(readQueue));
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const checked = await core.alerts.check({ beat, schedules, workers, queues, entries: entry });
    const { alerts, leader, leaderlessMs } = checked;
    const exitCode = alerts.length === 0 ? 0 : 1;
    if (terminal.json) {
      terminal.value({ status: exitCode === 0 ? "ok" : "alert", ...checked });
      return exitCode;
    }
    for (const { kind, subject, severity, text } of alerts) {
      const head = terminal.paint(SEVERITY_FORMATS[severity] ?? "yellow", severity.toUpperCase());
      terminal.line(`${head} ${kind}${subject === "" ? "" : ` ${quoted(subject)}`}: ${text}`);
    }
    const count =
      alerts.length === 0 ? "OK, no alert" : `${alerts.length} ${alerts.length === 1 ? "alert" : "alerts"}`;
    const time =
      leaderlessMs === null ? "" : ` for ${formatDuration(Math.round(leaderlessMs / 1_000) * 1_000)}`;
    terminal.line(
      `${count}. Leader: ${leader === null ? `none${time}` : leader.host}. Workers: ${checked.workers}.`,
    );
    return exitCode;
  });
}

/** As it is, where nobody can mistake it. */
export function quoted(name: string): string {
  return /^[\w.@:/-]+$/.test(name) ? name : quote(name);
}

/** Of "fast:5m". */
function readQueue(text: string): [string, { readonly milliseconds: number }] {
  const colon = text.lastIndexOf(":");
  if (colon < 1) throw usageError(`--queue: expected a queue and a time such as fast:5m, got ${quote(text)}`);
  return [text.slice(0, colon), { milliseconds: readDuration("--queue", text.slice(colon + 1)) }];
}
