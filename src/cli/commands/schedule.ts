import { Command } from "commander";
import type { Action } from "../cli.js";
import { scheduleEditCommands, scheduleTriggerCommand } from "./schedule-edit.js";
import { scheduleApplyCommand } from "./schedule-apply.js";
import { scheduleExportCommand } from "./schedule-export.js";
import { scheduleForecastCommand } from "./schedule-forecast.js";
import { scheduleHistoryCommand } from "./schedule-history.js";
import { scheduleImportCommand } from "./schedule-import.js";
import { scheduleLintCommand } from "./schedule-lint.js";
import { scheduleListCommand } from "./schedule-list.js";
import { scheduleNextCommand } from "./schedule-next.js";
import { schedulePlanCommand } from "./schedule-plan.js";
import { schedulePreviewCommand } from "./schedule-preview.js";
import { scheduleSetCommand } from "./schedule-set.js";
import { scheduleShowCommand } from "./schedule-show.js";

const COMMANDS = [
  scheduleNextCommand,
  scheduleLintCommand,
  schedulePreviewCommand,
  scheduleForecastCommand,
  scheduleListCommand,
  scheduleShowCommand,
  scheduleHistoryCommand,
  scheduleSetCommand,
  scheduleTriggerCommand,
  schedulePlanCommand,
  scheduleApplyCommand,
  scheduleExportCommand,
  scheduleImportCommand,
];

export function scheduleCommand(action: Action): Command {
  const command = new Command("schedule").description(
    "look at schedules; look at and change the entries of the app",
  );
  for (const make of COMMANDS) command.addCommand(make(action));
  for (const edit of scheduleEditCommands(action)) command.addCommand(edit);
  return command;
}
