import { Command } from "commander";
import { isSunbeatError, messageOf, ResultError } from "../../core/errors.js";
import { type AsyncResult, RemoteTaskError } from "../../index.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";

interface Options {
  readonly traceback?: true;
}

export function resultCommand(action: Action): Command {
  return new Command("result")
    .description("what became of a task; exit code 1 when it failed or is not known")
    .argument("<id>", "the task's id, as call prints it")
    .option("--traceback", "with the stack of a failure")
    .action(
      action<[string, Options]>((cli, id, options) =>
        withSharedStore(cli, async ({ app }) => {
          const result = app.result(id);
          if (!(await result.exists())) {
            throw new ResultError(
              "SUNBEAT_RESULT_UNKNOWN",
              `no task ${id} is known here: it was not sent to this broker, or its result expired, was forgotten or is not stored`,
              { details: { taskId: id } },
            );
          }
          return printOutcome(cli, result, options.traceback === true);
        }),
      ),
    );
}

/** Prints the state and what came of it; gives the exit code. */
export async function printOutcome(cli: Cli, result: AsyncResult, traceback: boolean): Promise<number> {
  const { terminal } = cli;
  const state = await result.state();
  const info = await result.info();
  const stack = traceback ? await result.traceback() : null;
  const failed = state === "FAILURE" || state === "REVOKED";
  if (terminal.json) {
    terminal.value({
      id: result.id,
      state,
      result: state === "SUCCESS" ? (info ?? null) : null,
      error: info instanceof Error ? errorJson(info) : null,
      ...(traceback && { traceback: stack }),
    });
  } else if (state === "SUCCESS") {
    // A text as it is, for shells; everything else as JSON. A task that returned nothing prints nothing.
    if (info !== undefined) terminal.line(typeof info === "string" ? info : JSON.stringify(info, null, 2));
    else terminal.note("the task returned nothing");
  } else {
    terminal.line(
      `${state}${info === undefined ? "" : `: ${info instanceof Error ? messageOf(info) : JSON.stringify(info)}`}`,
    );
    if (stack !== null) terminal.line(stack);
  }
  return failed ? 1 : 0;
}

/** What was thrown, in the process that ran the task; otherwise why there is no result. */
function errorJson(error: Error): object {
  if (!(error instanceof RemoteTaskError)) {
    const code = isSunbeatError(error) ? error.code : null;
    return { name: error.name, message: error.message, code, cause: null };
  }
  const { remoteName: name, remoteMessage: message, remoteCode: code, remoteValue, remoteErrors } = error;
  return {
    ...{ name, message, code },
    cause: error.cause instanceof Error ? errorJson(error.cause) : null,
    ...(remoteErrors.length > 0 && { errors: remoteErrors.map(errorJson) }),
    ...(remoteValue !== undefined && { value: remoteValue }),
  };
}
