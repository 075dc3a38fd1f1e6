import { Command } from "commander";
import type { Sunbeat } from "../../index.js";
import { withSharedStore } from "../app.js";
import type { Action } from "../cli.js";
import { formatLocal, precisionOf } from "../local-time.js";

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
const LOCKED = "its lock is held; see sunbeat locks list (--force sends it, and it waits in line)";

export function scheduleTriggerCommand(action: Action): Command {
  return new Command("trigger")
    .description("send a run of an entry now, outside its schedule; prints the task's id")
    .argument("<entry>", "its name")
    .option("--force", "also while an earlier run has not ended, whatever its overlap says")
    .action(
      action<[string, { readonly force?: true }]>((cli, name, { force = false }) =>
        withSharedStore(cli, async ({ app }) => {
          const { taskId, outcome } = await app.schedules.trigger(name, { force });
          if (cli.terminal.json) cli.terminal.value({ entry: name, taskId, outcome });
          else if (outcome === "sent") cli.terminal.line(taskId);
          else cli.terminal.line(`not sent: ${outcome}; ${outcome === "locked" ? LOCKED : UNENDED}`);
          return outcome === "sent" || outcome === "buffered" ? 0 : 1;
        }),
      ),
    );
}
