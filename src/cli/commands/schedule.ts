import { Command } from "commander";
import type { Action } from "../cli.js";
import { usageError } from "../usage.js";
import { scheduleEditCommands, scheduleTriggerCommand } from "./schedule-edit.js";
import { scheduleHistoryCommand } from "./schedule-history.js";
import { scheduleLintCommand } from "./schedule-lint.js";
import { scheduleListCommand } from "./schedule-list.js";
import { scheduleNextCommand } from "./schedule-next.js";
import { schedulePreviewCommand } from "./schedule-preview.js";
import { scheduleShowCommand } from "./schedule-show.js";

const COMMANDS = [
  scheduleNextCommand,
  scheduleLintCommand,
  schedulePreviewCommand,
  scheduleListCommand,
  scheduleShowCommand,
  scheduleHistoryCommand,
  scheduleTriggerCommand,
];

export function scheduleCommand(action: Action): Command {
  const command = new Command("schedule").description("look at schedules, and at the entries of the app");
  for (const make of COMMANDS) command.addCommand(make(action));
  for (const edit of scheduleEditCommands(action)) command.addCommand(edit);
  return command.addCommand(setCommand(action), { hidden: true });
}

function setCommand(action: Action): Command {
  return new Command("set")
    .argument("[anything...]")
    .allowUnknownOption()
    .action(
      action(() => {
        throw usageError(
          '"schedule set" is not in this version; in a program, app.schedules.set(name, entry) does it',
        );
      }),
    );
}
