import { Command } from "commander";
import type { Sunbeat } from "../../index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal, precisionOf, readInstant } from "../local-time.js";
import { usageError } from "../usage.js";

/** Gives what to say; instants are shown in the zone. */
type Edit = (app: Sunbeat, name: string, timezone: string) => Promise<string>;

/** The verbs that change one entry; each takes effect at once, without restart. */
const EDITS: Readonly<Record<string, { readonly description: string; readonly edit: Edit }>> = {
  pause: {
    description: "send nothing for an entry until it is resumed",
    edit: async (app, name) => {
      await app.schedules.pause(name);
      return `${name} is paused`;
    },
  },
  resume: {
    description: "let a paused entry go on from now; what it missed is not made up",
    edit: async (app, name, timezone) => {
      const { nextDue, disabled } = await app.schedules.resume(name);
      if (disabled !== null) return `${name} is paused no more, and will not run: disabled: ${disabled}`;
      if (nextDue === null) return `${name} goes on`;
      const next = nextDue.getTime();
      return `${name} goes on, next at ${formatLocal(next, timezone, precisionOf([next]))}`;
    },
  },
  delete: {
    description: "delete an entry that was added at run time; its history stays",
    edit: async (app, name) => {
      await app.schedules.delete(name);
      return `${name} is deleted`;
    },
  },
};

export function scheduleEditCommands(action: Action): Command[] {
  return Object.entries(EDITS).map(([verb, { description, edit }]) =>
    new Command(verb)
      .description(description)
      .argument("<entry>", "its name")
      .action(
        action<[string]>((cli, name) =>
          withSharedStore(cli, async ({ app, core }) => {
            const done = await edit(app, name, cli.options.timezone ?? core.config.timezone);
            if (cli.terminal.json) cli.terminal.value({ entry: name, [verb]: true });
            else cli.terminal.line(done);
          }),
        ),
      ),
  );
}

const UNENDED = "an earlier run has not ended (--force sends it all the same)";
/** What is not sent because of something else. */
const WHY_NOT: Readonly<Record<string, string>> = {
  locked: "its lock is held; see sunbeat locks list (--force sends it, and it waits in line)",
  "not-unique": "another message of its unique key is there, and stands for it",
};

interface TriggerFlags {
  readonly force?: true;
  readonly due?: string;
  readonly from?: string;
  readonly to?: string;
}

export function scheduleTriggerCommand(action: Action): Command {
  return new Command("trigger")
    .description(
      "send a run of an entry now, outside its schedule, or ticks that were skipped; prints the task's id",
    )
    .argument("<entry>", "its name")
    .option("--force", "also while an earlier run has not ended, whatever its overlap says")
    .option("--due <instant>", "the run of this tick, which was skipped")
    .option("--from <instant>", "with --to: all that were skipped in between, oldest first, at most 1,000")
    .option("--to <instant>", "both ends are among them")
    .action(
      action<[string, TriggerFlags]>((cli, name, flags) =>
        withSharedStore(cli, (open) => trigger(cli, open, name, flags)),
      ),
    );
}

async function trigger(cli: Cli, { app, core }: OpenApp, name: string, flags: TriggerFlags): Promise<number> {
  const { force = false, due, from, to } = flags;
  if (due !== undefined && (from ?? to) !== undefined) throw usageError("--due: not beside --from and --to");
  if ((from === undefined) !== (to === undefined)) throw usageError("--from and --to: give both");
  const timezone = cli.options.timezone ?? core.config.timezone;
  const instant = (flag: string, text: string): number => readInstant(flag, text, timezone, cli.clock.now());
  const { terminal } = cli;
  if (from === undefined || to === undefined) {
    const tick = due === undefined ? {} : { due: instant("--due", due) };
    const { taskId, outcome } = await app.schedules.trigger(name, { force, ...tick });
    if (terminal.json) terminal.value({ entry: name, taskId, outcome });
    else terminal.line(outcome === "sent" ? taskId : notSent(outcome));
    return isOnItsWay(outcome) ? 0 : 1;
  }
  const range = { from: instant("--from", from), to: instant("--to", to) };
  const ticks = await app.schedules.trigger(name, { force, ...range });
  const precision = precisionOf(ticks.map((tick) => tick.due.getTime()));
  for (const tick of ticks) {
    const { taskId, outcome } = tick;
    if (terminal.json) terminal.row({ entry: name, due: tick.due, taskId, outcome });
    else
      terminal.line(
        `${formatLocal(tick.due.getTime(), timezone, precision)}  ${outcome === "sent" ? taskId : notSent(outcome)}`,
      );
  }
  if (ticks.length === 0) terminal.note("no tick was skipped in that time");
  return ticks.every(({ outcome }) => isOnItsWay(outcome)) ? 0 : 1;
}

function isOnItsWay(outcome: string): boolean {
  return outcome === "sent" || outcome === "buffered";
}

function notSent(outcome: string): string {
  return `not sent: ${outcome}; ${WHY_NOT[outcome] ?? UNENDED}`;
}
