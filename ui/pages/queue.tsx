/** One queue: what it holds, how fast it moves, who takes from it, and what waits in it. */
import type { JSX } from "preact";
import type { QueueView } from "../../src/app/queues.js";
import type { Stats } from "../../src/app/stats.js";
import type { QueueRates } from "../../src/dashboard/queue-rates.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part, query, setQuery } from "../lib/router.js";
import { count, duration, now } from "../lib/time.js";
import { Empty, Facts, Failure, Panel, Skeleton, State } from "../parts/basics.js";
import { BulkProgress } from "../parts/bulk.js";
import { Curve, type Series } from "../parts/curve.js";
import { QueueActions, QueueState } from "./queue-parts.js";
import { WAITING_STATES, WaitingTasks } from "./tasks-waiting.js";

type QueueData = Json<QueueView> & {
  readonly consumers: readonly string[];
  readonly rates: Json<QueueRates>;
};

export function Queue({ id }: { readonly id: string }): JSX.Element {
  const { data, error, reload } = useResource<QueueData>(`/queues/${part(id)}`, {
    ...{ stale: ["queues"], everyMs: 2_000 },
  });
  return (
    <>
      <h1>
        Queue <bdi>{id}</bdi>
      </h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={8} />
      ) : (
        <>
          <div class="heading">
            <QueueState queue={{ ...data, consumers: data.consumers.length }} />
            <QueueActions queue={data} reload={reload} />
          </div>
          <BulkProgress />
          <Numbers queue={data} />
          <Day queue={id} />
          <Browse queue={data} />
        </>
      )}
    </>
  );
}

function Numbers({ queue }: { readonly queue: QueueData }): JSX.Element {
  const { ready, scheduled, leased, blocked, dead, failed, oldestReadyAt, consumers, rates } = queue;
  const rate = (value: number | null): string =>
    value === null ? "not known yet" : `${rounded(value)} a minute`;
  const at = (failedOnes: boolean): string =>
    `/dead?queue=${part(queue.queue)}${failedOnes ? "&failed=true" : ""}`;
  return (
    <Panel title="Now">
      <Facts
        rows={[
          ["ready", count(ready)],
          ["running", count(leased)],
          ["scheduled", count(scheduled)],
          ["blocked", count(blocked)],
          [
            "dead letters",
            <Link to={at(false)}>{dead === 0 ? "0" : <State of="dead" text={count(dead)} />}</Link>,
          ],
          ["failed and kept", <Link to={at(true)}>{count(failed)}</Link>],
          ["oldest", oldestReadyAt === null ? "-" : duration(Math.max(0, now.value - oldestReadyAt))],
          ["in", rate(rates.in)],
          ["out", rate(rates.out)],
          ["time to empty", rates.emptyInMs === null ? "-" : duration(rates.emptyInMs)],
          [
            "consumers",
            consumers.length === 0
              ? "none"
              : consumers.map((node, index) => (
                  <span key={node}>
                    {index > 0 && ", "}
                    <Link to={`/workers/${part(node)}`}>{node}</Link>
                  </span>
                )),
          ],
        ]}
      />
    </Panel>
  );
}

const rounded = (value: number): string => (value >= 10 ? count(Math.round(value)) : value.toFixed(1));

const SHOWN = [
  ["ready", "busy"],
  ["leased", "good"],
  ["scheduled", "calm"],
  ["blocked", "warn"],
  ["dead", "bad"],
] as const;
/** Steps in which the depth is sampled: minutes of two hours, or ten minutes of a day. */
const RANGES = { hour: ["minute", 3_600], day: ["10min", 86_400] } as const;
type Range = keyof typeof RANGES;

function Day({ queue }: { readonly queue: string }): JSX.Element {
  const range: Range = query.value.get("range") === "hour" ? "hour" : "day";
  const [step, seconds] = RANGES[range];
  const { data, error } = useResource<Json<Stats>>("/stats", {
    query: { step, seconds, names: [queue] },
    everyMs: 30_000,
  });
  const samples = (data?.points ?? []).flatMap(({ at, queues }) =>
    queues.filter((sample) => sample.queue === queue).map((sample) => ({ at, sample })),
  );
  const series: Series[] = SHOWN.map(([state, tone]) => ({
    ...{ name: state === "leased" ? "running" : state, tone },
    values: samples.map(({ sample }) => sample[state]),
  }));
  return (
    <Panel
      title={`Depth over the last ${range}`}
      aside={(Object.keys(RANGES) as Range[]).map((each) => (
        <button
          key={each}
          type="button"
          class="small"
          aria-pressed={each === range}
          onClick={() => setQuery({ range: each === "day" ? null : each })}
        >
          {each}
        </button>
      ))}
    >
      {error !== null && <Failure error={error} />}
      {data === null ? (
        error === null && <Skeleton lines={4} />
      ) : samples.length < 2 ? (
        <Empty>
          There is no curve yet: the leading beat samples queues each minute, and a day has a sample each ten.
        </Empty>
      ) : (
        <Curve
          label={`tasks in queue ${queue} by state over the last ${range}`}
          at={samples.map(({ at }) => at)}
          series={series}
          text={count}
        />
      )}
    </Panel>
  );
}

function Browse({ queue }: { readonly queue: QueueData }): JSX.Element {
  const state = WAITING_STATES.find((each) => each === query.value.get("show")) ?? "ready";
  return (
    <>
      <ul class="tabs">
        {WAITING_STATES.map((each) => (
          <li key={each}>
            <Link
              to={`/queues/${part(queue.queue)}?show=${each}`}
              aria-current={each === state ? "page" : undefined}
            >
              <State of={each} text={`${count(queue[each])} ${each === "leased" ? "running" : each}`} />
            </Link>
          </li>
        ))}
      </ul>
      <WaitingTasks state={state} queue={queue.queue} />
    </>
  );
}
