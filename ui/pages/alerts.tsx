/** What is wrong, and was; and of what nobody wants to hear. */
import type { JSX } from "preact";
import type { AlertMuteView, AlertTest, AlertView } from "../../src/app/alerts.js";
import { can, send } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part, query } from "../lib/router.js";
import { duration } from "../lib/time.js";
import { Empty, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { attempt, confirm } from "../parts/dialogs.js";
import { Pages } from "../parts/paging.js";
import { type Column, Table } from "../parts/table.js";

type Alert = Json<AlertView>;
type Mute = Json<AlertMuteView>;
type AlertPage = Page<Alert> & { readonly mutes: readonly Mute[] };

export function Alerts(): JSX.Element {
  const standing = useResource<AlertPage>("/alerts", {
    ...{ query: { standing: true, limit: 500 }, stale: ["alerts"], everyMs: 5_000 },
  });
  const past = useResource<AlertPage>("/alerts", {
    ...{ query: { standing: false, before: query.value.get("before"), limit: 50 }, stale: ["alerts"] },
  });
  const reload = (): void => (standing.reload(), past.reload());
  const { data, error } = standing;
  return (
    <>
      <h1>Alerts</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : (
        <>
          <Panel title="Standing" aside={<Buttons reload={reload} />}>
            {data.items.length === 0 ? (
              <Empty>Nothing is wrong, as far as anybody watches.</Empty>
            ) : (
              <Table
                label="standing alerts"
                rows={data.items}
                id={({ id }) => id}
                columns={[
                  ...columns(),
                  { name: "", cell: (alert) => <Actions alert={alert} reload={reload} /> },
                ]}
              />
            )}
          </Panel>
          <Mutes mutes={data.mutes} reload={reload} />
        </>
      )}
      <Panel title="Past">
        {past.error !== null && <Failure error={past.error} retry={reload} />}
        {past.data === null ? (
          past.error === null && <Skeleton />
        ) : past.data.items.length === 0 ? (
          <Empty>No alert is over.</Empty>
        ) : (
          <Table
            label="past alerts"
            rows={past.data.items}
            id={({ id }) => id}
            columns={[
              ...columns(),
              {
                name: "Stood for",
                cell: ({ raisedAt, clearedAt }) => duration(Math.max(0, (clearedAt ?? raisedAt) - raisedAt)),
                isNumber: true,
              },
            ]}
          />
        )}
        <Pages name="before" next={past.data?.next ?? null} />
      </Panel>
    </>
  );
}

function columns(): readonly Column<Alert>[] {
  return [
    {
      name: "Severity",
      cell: ({ severity }) => <State of={severity} />,
    },
    {
      name: "Alert",
      cell: ({ kind, subject }) => (
        <span class="short wrap">
          {kind} <Subject kind={kind} subject={subject} />
        </span>
      ),
    },
    { name: "Why", cell: ({ text }) => <span class="wrap">{text}</span>, grows: true },
    { name: "Since", cell: ({ raisedAt }) => <Time at={raisedAt} /> },
    {
      name: "Seen by",
      cell: ({ acked }) =>
        acked === null ? (
          "-"
        ) : (
          <span class="short wrap">
            {acked.by} <Time at={acked.at} />
            {acked.note !== null && <span class="dim"> ({acked.note})</span>}
          </span>
        ),
    },
  ];
}

/** Of each kind the page of its subject. */
const PAGE_OF: readonly (readonly [RegExp, string])[] = [
  [/^(schedule|run|entry)-/, "schedules"],
  [/^(queue|dead)-/, "queues"],
  [/^(worker|beat|clock)-/, "workers"],
];

function Subject({ kind, subject }: { readonly kind: string; readonly subject: string }): JSX.Element | null {
  if (subject === "") return null;
  const page = PAGE_OF.find(([pattern]) => pattern.test(kind))?.[1];
  if (page === undefined || subject === "*") return <>{subject}</>;
  return <Link to={`/${page}/${part(subject)}`}>{subject}</Link>;
}

function Actions({
  alert,
  reload,
}: {
  readonly alert: Alert;
  readonly reload: () => void;
}): JSX.Element | null {
  if (!can("acknowledge")) return null;
  const { id, kind, subject, acked } = alert;
  const what = subject === "" ? kind : `${kind} of ${subject}`;
  return (
    <div class="row-actions">
      <button
        type="button"
        class="small"
        disabled={acked !== null}
        onClick={() =>
          confirm({
            title: `Acknowledge ${what}?`,
            text: "It stands on until it is over, and is not told again meanwhile.",
            action: "Acknowledge",
            field: { label: "Note, for others who look" },
            run: async (note) => {
              await send("POST", `/alerts/${part(id)}/ack`, note === "" ? {} : { note });
              reload();
              return `${what} is acknowledged`;
            },
          })
        }
      >
        Acknowledge
      </button>
      <button type="button" class="small" onClick={() => mute(kind, subject, reload)}>
        Mute
      </button>
    </div>
  );
}

function mute(kind: string, subject: string, reload: () => void): void {
  const what = subject === "" ? kind : `${kind} of ${subject}`;
  confirm({
    title: `Mute ${what}?`,
    text: "Nobody is told of it, and it is not shown, until the time is over or somebody unmutes it.",
    action: "Mute",
    field: { label: "For how long, such as 30m, 2h or 1d; empty: until it is unmuted", value: "2h" },
    run: async (words) => {
      const seconds = secondsOf(words);
      await send("POST", "/alerts/mute", {
        ...{ kind, subject: subject === "" ? "*" : subject },
        ...(seconds !== null && { seconds }),
      });
      reload();
      return `${what} is muted`;
    },
  });
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

function secondsOf(words: string): number | null {
  if (words.trim() === "") return null;
  const [, number, unit] = /^(\d{1,6})\s*([smhd])$/.exec(words.trim()) ?? [];
  if (unit === undefined) throw new Error(`expected a time such as 30m, 2h or 1d, got ${words}`);
  return Number(number) * SECONDS[unit as keyof typeof SECONDS];
}

function Buttons({ reload }: { readonly reload: () => void }): JSX.Element {
  const test = (): Promise<boolean> =>
    attempt(async () => {
      const { items } = await send<Page<Json<AlertTest>>>("POST", "/alerts/test");
      if (items.length === 0) return "no webhook is set: alerts.webhooks of the app's options names them";
      const failed = items.filter(({ problem }) => problem !== null);
      if (failed.length > 0)
        throw new Error(failed.map(({ webhook, problem }) => `${webhook}: ${problem}`).join("; "));
      return `${items.map(({ webhook }) => webhook).join(", ")} took the test`;
    });
  const muteKind = (): void =>
    confirm({
      title: "Mute a kind of alert?",
      text: "Of all subjects. Nobody is told of it until somebody unmutes it.",
      action: "Mute",
      field: { label: "Kind, such as queue-old", isRequired: true },
      run: async (kind) => {
        await send("POST", "/alerts/mute", { kind: kind.trim() });
        reload();
        return `${kind.trim()} is muted`;
      },
    });
  return (
    <>
      {can("acknowledge") && (
        <button type="button" onClick={muteKind}>
          Mute a kind
        </button>
      )}
      {can("control") && (
        <button type="button" onClick={() => void test()}>
          Test webhooks
        </button>
      )}
    </>
  );
}

function Mutes({
  mutes,
  reload,
}: {
  readonly mutes: readonly Mute[];
  readonly reload: () => void;
}): JSX.Element | null {
  if (mutes.length === 0) return null;
  const unmute = ({ kind, subject }: Mute): Promise<boolean> =>
    attempt(async () => {
      await send("POST", "/alerts/mute", { kind, subject, end: true });
      reload();
      return `${kind} ${subject} is told of again`;
    });
  return (
    <Panel title="Muted">
      <Table
        label="mutes"
        rows={mutes}
        id={({ kind, subject }) => `${kind} ${subject}`}
        columns={[
          { name: "Kind", cell: ({ kind }) => kind },
          {
            name: "Subject",
            cell: ({ kind, subject }) =>
              subject === "*" ? "all" : <Subject kind={kind} subject={subject} />,
            grows: true,
          },
          { name: "By", cell: ({ by }) => by },
          { name: "Until", cell: ({ until }) => (until === null ? "it is unmuted" : <Time at={until} />) },
          {
            name: "",
            cell: (one) => (
              <div class="row-actions">
                {can("acknowledge") && (
                  <button type="button" class="small" onClick={() => void unmute(one)}>
                    Unmute
                  </button>
                )}
              </div>
            ),
          },
        ]}
      />
    </Panel>
  );
}
