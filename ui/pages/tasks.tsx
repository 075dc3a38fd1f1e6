/** Tasks: those that have ended by a search, and those that have not by their state. */
import type { JSX } from "preact";
import type { Stats } from "../../src/app/stats.js";
import type { Json } from "../lib/json.js";
import { overview } from "../lib/live.js";
import { useResource } from "../lib/resource.js";
import { Link, query, setQuery } from "../lib/router.js";
import { count } from "../lib/time.js";
import { State } from "../parts/basics.js";
import { BulkProgress } from "../parts/bulk.js";
import { SearchBox } from "../parts/search-box.js";
import { Ended } from "./tasks-ended.js";
import { RunningNow, WAITING_STATES, type WaitingState, WaitingTasks } from "./tasks-waiting.js";

export function Tasks(): JSX.Element {
  const q = query.value.get("q") ?? "";
  const show = WAITING_STATES.find((state) => state === query.value.get("show")) ?? null;
  const search = (text: string): void => setQuery({ q: text, show: null, cursor: null, sel: null });
  return (
    <>
      <h1>Tasks</h1>
      <SearchBox value={q} search={search} />
      <Counts show={show} q={q} />
      <BulkProgress />
      {show !== null ? (
        <WaitingTasks state={show} />
      ) : (
        <>
          {q === "" && !query.value.has("cursor") && <RunningNow />}
          <Ended q={q} />
        </>
      )}
    </>
  );
}

/** How tasks of the last hour ended, and how many have not. */
function Counts({ show, q }: { readonly show: WaitingState | null; readonly q: string }): JSX.Element {
  const { data } = useResource<Json<Stats>>("/stats", { query: { seconds: 3_600 }, everyMs: 15_000 });
  const sum = (of: "ok" | "failed" | "retried" | "other"): number =>
    data?.tasks.reduce((all, task) => all + task[of], 0) ?? 0;
  const ended = [
    ["success", "done", sum("ok"), "success"],
    ["failed", "failed", sum("failed"), "failure,dead"],
    ["retry", "retried", sum("retried"), "retry"],
    ["unknown", "other", sum("other"), "revoked,expired,ignored,skipped,rejected"],
  ] as const;
  const held = (of: WaitingState): number =>
    overview.value?.queues.reduce((all, queue) => all + queue[of], 0) ?? 0;
  return (
    <section class="counts" aria-label="states">
      <ul>
        <li class="dim">Last hour</li>
        {ended.map(([mark, text, number, states]) => {
          const to = `state:${states} after:1h`;
          return (
            <li key={text}>
              <Link
                to={`/tasks?q=${encodeURIComponent(to)}`}
                aria-current={show === null && q === to ? "page" : undefined}
              >
                <State of={mark} text={`${count(number)} ${text}`} />
              </Link>
            </li>
          );
        })}
      </ul>
      <ul>
        <li class="dim">Not ended</li>
        {WAITING_STATES.map((state) => (
          <li key={state}>
            <Link to={`/tasks?show=${state}`} aria-current={show === state ? "page" : undefined}>
              <State of={state} text={`${count(held(state))} ${state === "leased" ? "running" : state}`} />
            </Link>
          </li>
        ))}
        <li>
          <Link to="/dead">
            <State
              of="dead"
              text={`${count(overview.value?.queues.reduce((all, { dead }) => all + dead, 0) ?? 0)} dead`}
            />
          </Link>
        </li>
      </ul>
    </section>
  );
}
