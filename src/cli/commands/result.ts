import { Command } from "commander";
import { maskCredentials } from "../../core/credentials.js";
import { isSunbeatError, messageOf, ResultError } from "../../core/errors.js";
import { type AsyncResult, RemoteTaskError } from "../../index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";

interface Options {
  readonly traceback?: true;
}

export function resultCommand(action: Action): Command {
  return new Command("result")
    .description("what became of a task or graph; exit code 1 when it failed or is not known")
    .argument("<id>", "its id, as call prints it")
    .option("--traceback", "with the stack of a failure")
    .action(
      action<[string, Options]>((cli, id, options) =>
        withSharedStore(cli, async (open) =>
          printOutcome(cli, await knownResult(open, id), { id, traceback: options.traceback === true }),
        ),
      ),
    );
}

/** Of the task of this id, or of the graph. Throws SUNBEAT_RESULT_UNKNOWN. */
async function knownResult({ app, core }: OpenApp, id: string): Promise<AsyncResult> {
  const result = app.result(id);
  if (await result.exists()) return result;
  const { graphs } = await core.store.get();
  const [graph] = await graphs.get([id]);
  if (graph) return app.graph(id);
  throw new ResultError(
    "SUNBEAT_RESULT_UNKNOWN",
    `no task ${id} is known here: it was not sent to this broker, or its result expired, was forgotten or is not stored`,
    { details: { taskId: id } },
  );
}

/** Prints the state and what came of it; gives the exit code. */
export async function printOutcome(
  cli: Cli,
  result: AsyncResult,
  { id, traceback }: { readonly id: string; readonly traceback: boolean },
): Promise<number> {
  const { terminal } = cli;
  const state = await result.state();
  const info = await result.info();
  const trace = traceback ? await result.traceback() : null;
  const stack = trace === null ? null : maskCredentials(trace);
  const failed = state === "FAILURE" || state === "REVOKED";
  if (terminal.json) {
    terminal.value({
      ...{ id, state },
      result: state === "SUCCESS" ? (info ?? null) : null,
      error: info instanceof Error ? errorJson(info) : null,
      ...(traceback && { traceback: stack }),
    });
  } else if (state === "SUCCESS") {
    // A text without quotes, for shells; everything else as JSON. A task that returned nothing prints nothing.
    if (info !== undefined) terminal.line(typeof info === "string" ? info : JSON.stringify(info, null, 2));
    else terminal.note("the task returned nothing");
  } else {
    terminal.line(
      `${state}${info === undefined ? "" : `: ${info instanceof Error ? maskCredentials(messageOf(info)) : JSON.stringify(info)}`}`,
    );
    if (stack !== null) terminal.line(stack);
  }
  return failed ? 1 : 0;
}

/** What was thrown, in the process that ran the task; otherwise why there is no result. */
function errorJson(error: Error): object {
  if (!(error instanceof RemoteTaskError)) {
    const code = isSunbeatError(error) ? error.code : null;
    return { name: error.name, message: maskCredentials(error.message), code, cause: null };
  }
  const {
    remoteName: name,
    remoteMessage: message,
    remoteCode: code,
    remoteValue,
    remoteErrors,
    tries,
  } = error;
  return {
    ...{ name, message, code },
    cause: error.cause instanceof Error ? errorJson(error.cause) : null,
    ...(tries > 1 && { tries }),
    ...(remoteErrors.length > 0 && { errors: remoteErrors.map(errorJson) }),
    ...(remoteValue !== undefined && { value: remoteValue }),
  };
}
