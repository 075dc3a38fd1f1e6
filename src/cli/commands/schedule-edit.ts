import { Command } from "commander";
import type { Sunbeat } from "../../index.js";
import { withSharedStore } from "../app.js";
import type { Action } from "../cli.js";

type Edit = (app: Sunbeat, name: string) => Promise<string>;

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
    edit: async (app, name) => {
      const { nextDue } = await app.schedules.resume(name);
      return `${name} goes on${nextDue === null ? "" : `, next at ${nextDue.toISOString()}`}`;
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
          withSharedStore(cli, async ({ app }) => {
            const done = await edit(app, name);
            if (cli.terminal.json) cli.terminal.value({ entry: name, [verb]: true });
            else cli.terminal.line(done);
          }),
        ),
      ),
  );
}

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
          else
            cli.terminal.line(
              `not sent: ${outcome}; an earlier run has not ended (--force sends it all the same)`,
            );
          return outcome === "sent" || outcome === "held" ? 0 : 1;
        }),
      ),
    );
}
