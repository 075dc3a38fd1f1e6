import { spawnSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { callPlace, readablePlace } from "../core/call-place.js";
import { ConfigurationError, isSunbeatError, messageOf, SunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { isTypeScript } from "./tsx.js";

/** What a failed import of the app is told as: place, kind and message of what its own code did. */
export function loadFailure(error: unknown, file: string, folder: string, viaTsx: boolean): Error {
  if (isSunbeatError(error)) return refusedByUs(error, folder);
  const name = path.relative(folder, file) || file;
  const code = (error as { code?: unknown } | null)?.code;
  if (isTypeScript(file) && !viaTsx && needsTsx(error, code)) {
    return new ConfigurationError(
      "SUNBEAT_APP_LOAD_FAILED",
      `${name} is TypeScript, which this Node.js cannot run by itself (${firstLine(error)}): ` +
        "install tsx (npm install --save-dev tsx), or compile it and name the JavaScript file",
      { cause: error },
    );
  }
  const place =
    whereItFailed(error) ?? (error instanceof SyntaxError ? whereItDoesNotParse(file) : undefined);
  const shown = place === undefined ? name : readablePlace(place, folder);
  const thrown = error instanceof Error ? `${kind(error)}: ${summary(error)}` : `threw ${quote(error)}`;
  return new ConfigurationError("SUNBEAT_APP_LOAD_FAILED", `${shown}: ${thrown}`, {
    cause: error,
    details: { file, place },
  });
}

/** What the app's file asked of sunbeat was refused: the same error, with the place. */
function refusedByUs(error: SunbeatError, folder: string): SunbeatError {
  const place = whereItFailed(error);
  if (place === undefined) return error;
  const message = `${readablePlace(place, folder)}: ${error.message}`;
  return new SunbeatError(error.code, message, { details: error.details, cause: error });
}

function needsTsx(error: unknown, code: unknown): boolean {
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" || code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return true;
  // Decorators, and imports of "./x.js" where only x.ts is there.
  return error instanceof SyntaxError || code === "ERR_MODULE_NOT_FOUND";
}

/** tsx calls a syntax error by another name. */
function kind(error: Error): string {
  return error.name === "TransformError" ? "SyntaxError" : error.name;
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n", 1)[0]!;
}

/** The compiler's message is "Transform failed with 1 error:\n<file>:2:16: ERROR: <text>"; the place is shown apart. */
function summary(error: Error): string {
  return /: ERROR: (.*)/.exec(error.message)?.[1] ?? firstLine(error);
}

/** `file:line:column` of the first frame in somebody's file, or of the compiler's complaint. */
function whereItFailed(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const complaint = /^(\S.*:\d+:\d+): ERROR: /m.exec(error.message)?.[1];
  if (complaint !== undefined) return complaint;
  const missing = / imported from (\S+)$/m.exec(error.message)?.[1];
  if (missing !== undefined) return missing;
  const stack = error.stack ?? "";
  const link = /^(file:\/\/\S+:\d+)\n/.exec(stack)?.[1];
  if (link !== undefined) return link;
  return callPlace(stack);
}

/**
 * Node tells the place of a syntax error only to a process that it ends. Another process, which stops at the same
 * place before anything of the app runs, is asked.
 */
function whereItDoesNotParse(file: string): string | undefined {
  const source = `import ${JSON.stringify(pathToFileURL(file).href)};`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
    encoding: "utf8",
    timeout: 10_000,
  });
  return /^(file:\/\/\S+:\d+)$/m.exec(stderr)?.[1];
}
