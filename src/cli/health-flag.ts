import type { Command } from "commander";
import type { AppCore } from "../app/index.js";
import { healthOption } from "../config/health.js";
import { fromCommandLine } from "./usage.js";

export function addHealthFlag(command: Command): Command {
  return command.option(
    "--health <[host:]port>",
    "answer probes and give metrics there: /livez, /readyz, /metrics (default: the app's option health)",
  );
}

/** The port of the command line goes before the app's. */
export function useHealth(core: AppCore, given: string | undefined): void {
  if (given !== undefined) core.monitoring.health = fromCommandLine(() => healthOption(given, "--health"));
}
