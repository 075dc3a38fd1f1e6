/** Attempts of a task as a line each, and the same as a table. */
import type { JSX } from "preact";
import type { TaskStep } from "../../src/dashboard/task-page.js";
import type { Json } from "../lib/json.js";
import { duration, now } from "../lib/time.js";
import { Empty, State } from "../parts/basics.js";
import { Clock } from "../parts/clock.js";
import { type Column, Table } from "../parts/table.js";
import type { TaskData } from "./task.js";

type Step = Json<TaskStep>;

const [WIDTH, ROW] = [600, 22] as const;
const TONES: Readonly<Record<string, string>> = {
  ...{ success: "good", failure: "bad", dead: "bad", rejected: "bad", retry: "warn", revoked: "warn" },
  ...{ expired: "warn", leased: "busy" },
};

export function TaskLine({ data: { steps } }: { readonly data: TaskData }): JSX.Element {
  if (steps.length === 0)
    return <Empty>No attempt has ended, and it does not wait: only its result is kept.</Empty>;
  return (
    <>
      <Line steps={steps} />
      <Table
        label="attempts"
        rows={steps}
        id={({ attempt, ended }) => `${attempt} ${ended ?? ""}`}
        columns={[
          { name: "Attempt", cell: ({ attempt }) => attempt, isNumber: true },
          {
            name: "State",
            cell: ({ state }) => <State of={state} text={state === "leased" ? "running" : state} />,
          },
          { name: "Sent", cell: ({ sent }) => <Clock at={sent} /> },
          { name: "Ready", cell: ({ ready }) => <Clock at={ready} /> },
          { name: "Received", cell: ({ received }) => <Clock at={received} /> },
          { name: "Waited", cell: ({ ready, started }) => lasted(ready, started), isNumber: true },
          { name: "Started", cell: ({ started }) => <Clock at={started} /> },
          { name: "Ran", cell: ({ started, ended }) => lasted(started, ended), isNumber: true },
          { name: "Ended", cell: ({ ended }) => <Clock at={ended} /> },
          { name: "Worker", cell: ({ worker }) => worker ?? "", isWide: true },
          ...(steps.length < 2 || steps.every(({ why }) => why === null) ? [] : [WHY]),
        ]}
      />
    </>
  );
}

const WHY: Column<Step> = {
  name: "Why",
  cell: ({ why }) => <bdi class="cut why">{why ?? ""}</bdi>,
  grows: true,
};

const lasted = (from: number | null, to: number | null): string =>
  from === null || to === null ? "" : duration(Math.max(0, to - from));

/** What waited is pale, what ran has the colour of how it ended. */
function Line({ steps }: { readonly steps: readonly Step[] }): JSX.Element {
  const until = (step: Step): number => step.ended ?? Math.max(now.value, begin(step));
  const from = Math.min(...steps.map(begin));
  const span = Math.max(1, Math.max(...steps.map(until)) - from);
  const x = (at: number): number => ((at - from) / span) * (WIDTH - 8) + 4;
  const label = `${steps.length} ${steps.length === 1 ? "attempt" : "attempts"} over ${duration(span)}`;
  return (
    <svg
      class="line"
      viewBox={`0 0 ${WIDTH} ${steps.length * ROW}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {steps.map((step, index) => {
        const y = index * ROW;
        const { sent, ready, started, ended, state, attempt } = step;
        const end = until(step);
        const run = started ?? (ended === null && state === "leased" ? (ready ?? end) : end);
        return (
          <g key={attempt}>
            <title>{`attempt ${attempt}: ${state}, ${duration(end - begin(step))}`}</title>
            {sent !== null && ready !== null && ready > sent && (
              <rect class="before" x={x(sent)} y={y + 9} width={x(ready) - x(sent)} height={3} />
            )}
            <rect
              class="wait"
              x={x(ready ?? begin(step))}
              y={y + 6}
              width={Math.max(1, x(run) - x(ready ?? begin(step)))}
              height={9}
            />
            <rect
              class={TONES[state] ?? "calm"}
              x={x(run)}
              y={y + 3}
              width={Math.max(3, x(end) - x(run))}
              height={15}
            />
          </g>
        );
      })}
    </svg>
  );
}

const begin = ({ sent, ready, started, ended }: Step): number =>
  sent ?? ready ?? started ?? ended ?? now.value;
