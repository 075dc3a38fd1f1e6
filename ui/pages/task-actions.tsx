/** What can be done with one task. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { can, send } from "../lib/api.js";
import { navigate, part } from "../lib/router.js";
import { confirm } from "../parts/dialogs.js";
import { ArgsForm, sendArgs } from "../parts/shown.js";
import type { TaskData } from "./task.js";

interface RetryCounts {
  readonly retried: number;
}

export function TaskActions({
  data,
  reload,
}: {
  readonly data: TaskData;
  readonly reload: () => void;
}): JSX.Element {
  const { id, message, result, attempts, graph, isKept, state } = data;
  const [isEditing, setEditing] = useState(false);
  const at = `/tasks/${part(id)}`;
  const isDead = message?.state === "dead";
  const isWaiting = message !== null && !isDead;
  const hasEnded = !isWaiting && (attempts.length > 0 || result !== null);
  const isRetriable = isKept || isDead || (graph !== null && /^failure$/i.test(state));
  const name = data.task ?? id;
  const retry = (): void =>
    confirm({
      title: `Retry ${name}?`,
      text:
        graph === null
          ? "It goes back into its queue under its id, as if it had just been sent."
          : "Its graph goes on: it runs again, and so does what else of the graph has not succeeded.",
      action: "Retry",
      run: async () => {
        const { retried } = await send<RetryCounts>("POST", `${at}/retry`);
        reload();
        return retried > 0 ? "It is back in its queue" : "Nothing is kept of it, or it is on its way already";
      },
    });
  const run = (): void =>
    confirm({
      title: `Run ${name} again?`,
      text: "It is sent once more under a new id, with the same arguments.",
      action: "Run again",
      run: async () => opened(await send<{ readonly id: string }>("POST", `${at}/run`)),
    });
  const revoke = (terminate: boolean): void =>
    confirm({
      title: `${terminate ? "Terminate" : "Revoke"} ${name}?`,
      text: terminate
        ? `Task ${id} is told to end where it runs, and does not begin again. This cannot be undone.`
        : `Task ${id} does not begin. If it runs already, it goes on. This cannot be undone.`,
      action: terminate ? "Terminate" : "Revoke",
      isDangerous: true,
      run: async () => {
        await send("POST", `${at}/revoke`, { terminate });
        reload();
        return terminate ? "It is told to end" : "It is revoked";
      },
    });
  const forget = (): void =>
    confirm({
      title: `Forget the result of ${name}?`,
      text: `The result of task ${id} is dropped; its records stay. This cannot be undone.`,
      action: "Forget",
      isDangerous: true,
      run: async () => {
        await send("POST", `${at}/forget`);
        reload();
        return "Its result is dropped";
      },
    });
  return (
    <div class="actions">
      {isRetriable && can("retry") && (
        <button type="button" class="primary" onClick={retry}>
          Retry
        </button>
      )}
      {hasEnded && can("run") && (
        <button type="button" onClick={run}>
          Run again
        </button>
      )}
      {can("run") && can("send") && (
        <button type="button" onClick={() => setEditing(true)}>
          Run with other arguments
        </button>
      )}
      {isWaiting && can("revoke") && (
        <button type="button" onClick={() => revoke(false)}>
          Revoke
        </button>
      )}
      {isWaiting && can("terminate") && (
        <button type="button" onClick={() => revoke(true)}>
          Terminate
        </button>
      )}
      {result !== null && hasEnded && can("delete") && (
        <button type="button" onClick={forget}>
          Forget
        </button>
      )}
      {isEditing && (
        <ArgsForm
          title={`Run ${name} with other arguments`}
          text="It is sent under a new id, to the same queue and with the same headers."
          value={data.args}
          action="Send"
          close={() => setEditing(false)}
          go={async (args) => opened(await sendArgs(`${at}/run`, { args }))}
        />
      )}
    </div>
  );
}

function opened({ id }: { readonly id: string }): string {
  navigate(`/tasks/${part(id)}`);
  return `It is sent as ${id}`;
}
