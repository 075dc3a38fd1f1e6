/** One thing done to many tasks: counted first, asked for, told as it goes, stopped when somebody says so. */
import type { JSX } from "preact";
import type { BulkAction, BulkJob, BulkTarget, DryRun } from "../../src/dashboard/bulk.js";
import { send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { query, setQuery } from "../lib/router.js";
import { count } from "../lib/time.js";
import { attempt, confirm } from "./dialogs.js";

interface Ask {
  readonly action: BulkAction;
  readonly target: BulkTarget;
  /** "Retry", "Drop". */
  readonly verb: string;
  /** What they are: "tasks of this search". */
  readonly what: string;
  /** What it means for them. */
  readonly text: string;
  readonly isDangerous?: boolean;
  /** It has begun. */
  readonly then?: () => void;
}

/** Counts, and asks. */
export function askBulk({ action, target, verb, what, text, isDangerous, then }: Ask): void {
  void attempt(async () => {
    const { found, isAll } = await send<DryRun>("POST", "/bulk", { action, ...target, dryRun: true });
    const number = `${isAll ? "" : "at least "}${count(found)}`;
    if (found === 0) return `There are no ${what} to ${verb.toLowerCase()}`;
    confirm({
      title: `${verb} ${number} ${what}?`,
      text,
      action: `${verb} ${number}`,
      ...(isDangerous === true && { isDangerous }),
      run: async () => {
        const job = await send<Json<BulkJob>>("POST", "/bulk", { action, ...target });
        setQuery({ job: job.id }, { replace: true });
        then?.();
      },
    });
    return undefined;
  });
}

const WORDS = { running: "at it", done: "done", stopped: "stopped", failed: "failed" } as const;
const ACTIONS: Readonly<Record<BulkAction, string>> = {
  ...{ retry: "Retrying", run: "Running again", revoke: "Revoking", terminate: "Terminating" },
  ...{ forget: "Forgetting", delete: "Dropping" },
};

/** How far the job is that was begun last: the page keeps it in its address. */
export function BulkProgress(): JSX.Element | null {
  const id = query.value.get("job");
  return id === null ? null : <Progress key={id} id={id} />;
}

function Progress({ id }: { readonly id: string }): JSX.Element | null {
  const at = `/bulk/${encodeURIComponent(id)}`;
  const { data, error } = useResource<Json<BulkJob>>(at, { everyMs: 500 });
  const close = (): void => setQuery({ job: null }, { replace: true });
  const job = data;
  return (
    <section class={`job ${job?.state ?? ""}`} aria-label="progress" role="status">
      {error !== null ? (
        <p>{error.message}</p>
      ) : job === null ? (
        <p>asks how far it is</p>
      ) : (
        <>
          <p>
            <strong>
              {ACTIONS[job.action]}: {WORDS[job.state]}
            </strong>{" "}
            {count(job.done)} done, {count(job.skipped)} skipped of {count(job.found)}
            {job.state === "running" ? " found until now" : ""}
            {job.problem !== null && `: ${job.problem}`}
          </p>
          {job.state === "running" && <progress aria-label="going on" />}
        </>
      )}
      {job?.state === "running" ? (
        <button
          type="button"
          class="small"
          onClick={() => void attempt(async () => void (await send("DELETE", at)))}
        >
          Stop
        </button>
      ) : (
        <button type="button" class="small" onClick={close}>
          Close
        </button>
      )}
    </section>
  );
}
