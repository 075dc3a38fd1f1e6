import { Argument, Command } from "commander";
import type { Dialect } from "../../dialects/index.js";
import type { Action, Cli } from "../cli.js";
import { importEntries } from "../import-entries.js";
import { importForeign } from "../import-foreign.js";

export interface ImportFlags {
  readonly set?: true;
}

type Reader = (cli: Cli, file: string, flags: ImportFlags) => Promise<number>;

/** How a file of each dialect is read; each ends with the exit code. */
const DIALECTS: Readonly<Record<Dialect | "sunbeat", Reader>> = {
  sunbeat: importEntries,
  crontab: foreign("crontab"),
  quartz: foreign("quartz"),
  aws: foreign("aws"),
  systemd: foreign("systemd"),
  k8s: foreign("k8s"),
  celery: foreign("celery"),
};

function foreign(dialect: Dialect): Reader {
  return async (cli, file, { set }) => {
    // Only here: no other command reads what others wrote.
    const { importSchedules } = await import("../../dialects/index.js");
    return importForeign(cli, dialect, file, { importer: importSchedules, isSet: set === true });
  };
}

const EXAMPLES = `
Examples:
  crontab -l | sunbeat schedule import crontab - --timezone Europe/Paris > schedule.ts
  kubectl get cronjobs -o json | sunbeat schedule import k8s -
  systemctl cat '*.timer' | sunbeat schedule import systemd - --timezone Europe/Paris
  sunbeat -A app.ts schedule import sunbeat entries.json --set

What sunbeat exported is compared with the store. What others wrote is printed as TypeScript, with --json in the form of
schedule export; what is to be known of a line goes to stderr. --set stores the entries, which needs an app.`;

export function scheduleImportCommand(action: Action): Command {
  return new Command("import")
    .description(
      "read entries of a file, also those of others, and say what they would be; --set stores them",
    )
    .addArgument(new Argument("<dialect>", "what wrote it").choices(Object.keys(DIALECTS)))
    .argument("<file>", "a file of schedule export, JSON or YAML; or the schedules of another, - reads stdin")
    .option("--set", "store them as entries of run time; those that are refused stay out")
    .addHelpText("after", EXAMPLES)
    .action(
      action<[Dialect | "sunbeat", string, ImportFlags]>((cli, dialect, file, flags) =>
        DIALECTS[dialect](cli, file, flags),
      ),
    );
}
