import { CommanderError } from "commander";
import { isSunbeatError, messageOf } from "../core/errors.js";
import { describeFailure, failureTraceback } from "../core/failure.js";
import { actionFor, type Host } from "./cli.js";
import { buildProgram } from "./program.js";
import { WrongUsage } from "./usage.js";

export const EXIT = { good: 0, failed: 1, usage: 2 } as const;

/** Runs one command line; gives the exit code. Never throws: what goes wrong is one line on stderr. */
export async function run(args: readonly string[], host: Host): Promise<number> {
  let exitCode: number = EXIT.good;
  const action = actionFor(host, (code) => (exitCode = code));
  const program = buildProgram(action, {
    writeOut: (text) => void host.stdout.write(text),
    // Errors come back as CommanderError and are told below; this is the help shown where a command is missing.
    writeErr: (text) => void host.stderr.write(text),
    outputError: () => undefined,
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return tell(error, host, args.includes("--debug"));
  }
}

function tell(error: unknown, host: Host, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.good; // --help, --version
    if (error.code !== "commander.help")
      host.stderr.write(`sunbeat: ${usageMessage(error)} [SUNBEAT_USAGE]\n`);
    return EXIT.usage;
  }
  const cause = error instanceof WrongUsage ? error.cause : error;
  const message = inOneLine(messageOf(cause));
  if (isSunbeatError(cause)) host.stderr.write(`sunbeat: ${message} [${cause.code}]\n`);
  else host.stderr.write(`sunbeat: ${message}${debug ? "" : " (--debug shows where)"}\n`);
  if (debug) host.stderr.write(`${failureTraceback(describeFailure(cause))}\n`);
  return error instanceof WrongUsage ? EXIT.usage : EXIT.failed;
}

/** Without a pattern of two open ends: that takes minutes over a message with many blanks. */
function inOneLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").join(" ");
}

/** commander's "error: unknown option '--cuont'\n(Did you mean --count?)" in one line. */
function usageMessage(error: CommanderError): string {
  return error.message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)/, " (did you mean $1?)");
}
