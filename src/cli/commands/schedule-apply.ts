import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type { Plan } from "../../beat/index.js";
import { ConfigurationError, messageOf } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { countsText, printChanges } from "../plan-text.js";

const DONE = {
  add: "added",
  change: "changed",
  rename: "renamed",
  return: "brought back",
  remove: "disabled",
  conflict: "of somebody else",
  newer: "of a newer version",
};

export function scheduleApplyCommand(action: Action): Command {
  return new Command("apply")
    .description("write the calendars and entries of the code into the store, as a beat does that starts")
    .argument(
      "[plan]",
      "a file of schedule plan --out: only what it names, as long as nothing else has changed it",
    )
    .action(action<[string | undefined]>((cli, file) => apply(cli, file)));
}

async function apply(cli: Cli, file: string | undefined): Promise<number> {
  const planned = file === undefined ? undefined : await planIn(file);
  return withSharedStore(cli, async ({ app, core }) => {
    const { terminal } = cli;
    const done = await app.schedules.apply(planned);
    if (terminal.json) terminal.value(done);
    else {
      printChanges(terminal, { ...done, hints: [] }, cli.options.timezone ?? core.config.timezone);
      terminal.line(`= ${countsText(done, DONE)}`);
    }
    return [...done.calendars, ...done.changes].some(({ action }) => action === "conflict") ? 1 : 0;
  });
}

/** What it has in it, `app.schedules.apply` judges. */
async function planIn(file: string): Promise<Plan> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Plan;
  } catch (error) {
    const message = `the plan ${quote(file)} cannot be read: ${messageOf(error)}; sunbeat schedule plan --out makes one`;
    throw new ConfigurationError("SUNBEAT_PLAN_INVALID", message, { details: { file }, cause: error });
  }
}
