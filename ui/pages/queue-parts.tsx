/** How a queue stands, and what can be done with it: the same on the page of one and of all. */
import type { JSX } from "preact";
import type { QueueView } from "../../src/app/queues.js";
import { can, send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { part } from "../lib/router.js";
import { count } from "../lib/time.js";
import { State, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";

export function QueueState({
  queue: { paused, consumers, ready },
}: {
  readonly queue: Json<QueueView> & { readonly consumers: number };
}): JSX.Element {
  if (paused !== null) {
    return (
      <span>
        <State of="paused" text={`by ${paused.by}`} /> <Time at={paused.since} />
        {paused.reason !== null && (
          <span class="dim cut reason" title={paused.reason}>
            ({paused.reason})
          </span>
        )}
      </span>
    );
  }
  return consumers === 0 && ready > 0 ? (
    <State of="warning" text="nobody takes from it" />
  ) : (
    <State of="active" />
  );
}

export function QueueActions({
  queue,
  reload,
}: {
  readonly queue: Json<QueueView>;
  readonly reload: () => void;
}): JSX.Element {
  const { queue: name, paused } = queue;
  const waiting = queue.ready + queue.scheduled + queue.blocked;
  const at = `/queues/${part(name)}`;
  const pause = (): void =>
    confirm({
      title: `Pause queue ${name}?`,
      text: "Workers take nothing from it until it is resumed. What runs goes on, and what is sent waits.",
      action: "Pause",
      field: { label: "Reason, for those who find it paused" },
      run: async (reason) => {
        await send("POST", `${at}/pause`, reason === "" ? {} : { reason });
        reload();
        return `${name} is paused`;
      },
    });
  const resume = (): void =>
    confirm({
      title: `Resume queue ${name}?`,
      text: `Workers take from it again: ${count(queue.ready)} tasks are ready.`,
      action: "Resume",
      run: async () => {
        await send("POST", `${at}/resume`);
        reload();
        return `${name} is resumed`;
      },
    });
  const purge = (): void =>
    confirm({
      title: `Purge queue ${name}?`,
      text: `All ${count(waiting)} tasks that wait in it are dropped. This cannot be undone.`,
      action: `Drop ${count(waiting)} tasks`,
      isDangerous: true,
      run: async () => {
        const { dropped } = await send<{ readonly dropped: number }>("POST", `${at}/purge`);
        reload();
        return `${count(dropped)} tasks of ${name} were dropped`;
      },
    });
  return (
    <div class="row-actions">
      {can("pause") && (
        <button type="button" class="small" onClick={paused === null ? pause : resume}>
          {paused === null ? "Pause" : "Resume"}
        </button>
      )}
      {can("purge") && (
        <button type="button" class="small" disabled={waiting === 0} onClick={purge}>
          Purge
        </button>
      )}
    </div>
  );
}
