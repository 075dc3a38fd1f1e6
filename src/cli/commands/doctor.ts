import { Command } from "commander";
import { dataFacts } from "../../app/index.js";
import { docsPage } from "../../core/docs.js";
import { isSunbeatError } from "../../core/errors.js";
import { examine, type Finding, judgeData, NOT_MADE, type Verdict } from "../../doctor/index.js";
import { withApp, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { table, wrap } from "../table.js";
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
  const examined = await examine(core);
  // To be asked for entries, a file would be made.
  const isThere = !examined.some(({ setting, value }) => setting === "file" && value === NOT_MADE);
  const findings = isThere
    ? [...examined, ...(await dataFindings(core)), ...(await loadFindings(core))]
    : examined;
  const healthy = findings.every(({ verdict }) => verdict !== "error");
  const { terminal } = cli;
  if (terminal.json) terminal.value({ broker: core.brokerLabel, healthy, findings });
  else print(cli, core.brokerLabel, findings);
  return healthy ? 0 : 1;
}

/** What the time zone data and calendars do to the entries. Of a store that cannot be asked, the others tell. */
async function dataFindings({ lazyStore, book }: OpenApp["core"]): Promise<Finding[]> {
  try {
    return judgeData(await dataFacts(lazyStore, book));
  } catch (error) {
    if (isSunbeatError(error)) return [];
    throw error;
  }
}

/** What the entries do to each other in the next week. Of a store that cannot be asked, the others tell. */
async function loadFindings({ schedules }: OpenApp["core"]): Promise<Finding[]> {
  try {
    const { lints } = await schedules.forecast();
    return lints.map(({ code, entries, message, suggestion }) => ({
      ...{ setting: code, value: entries.join(", "), verdict: "warning", weakens: [] },
      advice: suggestion === undefined ? message : `${message}; instead: ${suggestion}`,
    }));
  } catch (error) {
    if (isSunbeatError(error)) return [];
    throw error;
  }
}

function print({ terminal }: Cli, broker: string, findings: readonly Finding[]): void {
  terminal.line(terminal.paint("bold", broker));
  const rows = findings.map(({ setting, value, verdict, weakens, advice }) => [
    `  ${setting}`,
    value ?? "?",
    { text: verdict, format: COLORS[verdict] },
    weakens.join(" "),
    wrap(advice),
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
