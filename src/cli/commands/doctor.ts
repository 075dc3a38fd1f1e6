import { Command } from "commander";
import { docsPage } from "../../core/docs.js";
import { StoreError } from "../../core/errors.js";
import { broken, type Finding, judge, type Verdict } from "../../doctor/index.js";
import { withApp, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { SURVEY_LIMIT_MS } from "../store-warnings.js";
import { table } from "../table.js";
import type { Format } from "../terminal.js";

const COLORS: Readonly<Record<Verdict, Format>> = {
  ok: "green",
  warning: "yellow",
  error: "red",
  unknown: "magenta",
};

export function doctorCommand(action: Action): Command {
  return new Command("doctor")
    .description("settings of the broker beside the promises they weaken; exit 1 when one is broken")
    .action(action<[]>((cli) => withApp(cli, (open) => doctor(cli, open))));
}

async function doctor(cli: Cli, { core }: OpenApp): Promise<number> {
  const findings = await examine(core);
  const healthy = findings.every(({ verdict }) => verdict !== "error");
  const { terminal } = cli;
  if (terminal.json) terminal.value({ broker: core.brokerLabel, healthy, findings });
  else print(cli, core.brokerLabel, findings);
  return healthy ? 0 : 1;
}

/** A broker that cannot be asked is a finding too; a driver that is not installed is an error of the caller's. */
async function examine(core: OpenApp["core"]): Promise<Finding[]> {
  try {
    const { owner, entries } = core;
    const names = entries.map(({ name }) => name);
    const facts = await core.survey(SURVEY_LIMIT_MS, names);
    return judge(facts, { owner, version: core.config.version, entries });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [broken("connection", error.code, error.message)];
  }
}

function print({ terminal }: Cli, broker: string, findings: readonly Finding[]): void {
  terminal.line(terminal.paint("bold", broker));
  const rows = findings.map(({ setting, value, verdict, weakens, advice }) => [
    `  ${setting}`,
    value ?? "?",
    { text: verdict, format: COLORS[verdict] },
    weakens.join(" "),
    advice,
  ]);
  for (const line of table(terminal, rows)) terminal.line(line);
  terminal.note(summary(findings));
}

/** "1 error, 2 warnings, 1 unknown; node_modules/sunbeat/docs/reliability.md explains D1, ...". */
function summary(findings: readonly Finding[]): string {
  const counts = (["error", "warning", "unknown"] as const).flatMap((verdict) => {
    const count = findings.filter((finding) => finding.verdict === verdict).length;
    if (count === 0) return [];
    return [`${count} ${verdict}${count === 1 || verdict === "unknown" ? "" : "s"}`];
  });
  if (counts.length === 0) return "all is well";
  return `${counts.join(", ")}; ${docsPage("reliability.md")} explains D1, D2, E1, E2 and L1`;
}
