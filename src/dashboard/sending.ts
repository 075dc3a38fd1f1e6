/** Sends a task by name for whoever sits at a page, with its row in the audit. */
import type { AppCore } from "../app/index.js";
import { audited } from "../control/index.js";

export interface SendingOptions {
  readonly queue?: string | undefined;
  readonly priority?: number | undefined;
  readonly eta?: Date | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export async function send(
  core: AppCore,
  task: string,
  args: readonly unknown[],
  options: SendingOptions,
): Promise<{ readonly id: string }> {
  const { headers: _, ...told } = options;
  const sent = await audited(core.auditContext, { verb: "send", target: task, args: told }, () =>
    core.sender.send({ task, args, options }),
  );
  return { id: sent.id };
}
