/** Beats: who leads, who would, and how the ticks go. */
import type { JSX } from "preact";
import type { NodeAnswer } from "../../src/dashboard/node-answers.js";
import type { NodeView as View } from "../../src/dashboard/routes/nodes.js";
import type { LeaderInfo } from "../../src/store/contracts/leases.js";
import { can, send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part } from "../lib/router.js";
import { count, duration } from "../lib/time.js";
import { Empty, Facts, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";
import { Table } from "../parts/table.js";
import { Lateness } from "./beat-lateness.js";

interface BeatPage {
  readonly leader: Json<LeaderInfo> | null;
  readonly watcher: Json<LeaderInfo> | null;
  readonly candidates: readonly Json<View>[];
  readonly answer: NodeAnswer | null;
}

/** What the leading beat says of itself. */
interface BeatAnswer {
  readonly nextDue: number | null;
  readonly lagMs: number;
  readonly limitedSince?: number | null;
  readonly sent: number;
  readonly skipped: number;
  readonly trouble: string | null;
  readonly holding: boolean;
  readonly quarantine: readonly { readonly entry: string; readonly reason: string }[];
  readonly registration: {
    readonly conflicts: readonly string[];
    readonly newer: readonly string[];
  } | null;
}

export function Beat(): JSX.Element {
  const { data, error, reload } = useResource<BeatPage>("/beat", { stale: ["nodes"], everyMs: 3_000 });
  return (
    <>
      <h1>Beat</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : (
        <>
          <Leader page={data} reload={reload} />
          <Candidates candidates={data.candidates} />
          <Said answer={data.answer} />
          <Lateness />
        </>
      )}
    </>
  );
}

function Leader({
  page: { leader, watcher, candidates, answer },
  reload,
}: {
  readonly page: BeatPage;
  readonly reload: () => void;
}): JSX.Element {
  const node = candidates.find(({ beat, status }) => beat?.role === "leading" && status === "alive");
  const facts = (answer?.ok as BeatAnswer | null | undefined) ?? node?.beat ?? null;
  const others = candidates.filter(
    ({ beat, status }) => beat?.role === "following" && status === "alive",
  ).length;
  const resign = (): void =>
    confirm({
      title: `Have ${leader?.host} give the lead up?`,
      text:
        others === 0
          ? "No other beat is there: nothing is sent until it takes the lead again by itself."
          : `One of ${count(others)} other beats takes it over at once. No tick is lost or doubled.`,
      action: "Resign",
      run: async () => {
        await send("POST", "/beat/resign");
        reload();
        return "the lead was given up";
      },
    });
  return (
    <Panel
      title="Leader"
      aside={
        can("resign") &&
        leader !== null && (
          <button type="button" onClick={resign}>
            Resign
          </button>
        )
      }
    >
      {leader === null ? (
        <p>
          <State of="missed" text="no beat leads" />: nothing is sent until one does. Start one with{" "}
          <code>sunbeat -A app.ts beat</code>.
        </p>
      ) : (
        <Facts
          rows={[
            [
              "leads",
              node === undefined ? leader.host : <Link to={`/workers/${part(node.node)}`}>{node.node}</Link>,
            ],
            ["term", <code>{leader.term}</code>],
            ["lease ends unless renewed", <Time at={leader.until} />],
            ["next tick", <Time at={facts?.nextDue} />],
            ["lag", facts === null ? "-" : duration(facts.lagMs)],
            ...(facts?.limitedSince == null
              ? []
              : [["waits for its budget since", <Time at={facts.limitedSince} />] as const]),
            ["sent, skipped", facts === null ? "-" : `${count(facts.sent)}, ${count(facts.skipped)}`],
            ["watches for alerts", watcher?.host ?? <State of="warning" text="nobody" />],
          ]}
        />
      )}
    </Panel>
  );
}

function Candidates({ candidates }: { readonly candidates: BeatPage["candidates"] }): JSX.Element {
  return (
    <Panel title="Candidates">
      {candidates.length === 0 ? (
        <Empty>No beat is there. With two of them one takes over when the other ends.</Empty>
      ) : (
        <Table
          label="candidates"
          rows={candidates}
          id={({ node }) => node}
          columns={[
            {
              name: "Name",
              cell: ({ node }) => <Link to={`/workers/${part(node)}`}>{node}</Link>,
              grows: true,
            },
            {
              name: "Role",
              cell: ({ status, beat }) => <State of={status === "lost" ? "lost" : beat!.role} />,
            },
            { name: "Entries", cell: ({ beat }) => count(beat!.entries), isNumber: true },
            {
              name: "In quarantine",
              cell: ({ beat }) =>
                beat!.quarantined === 0 ? "0" : <State of="error" text={count(beat!.quarantined)} />,
              isNumber: true,
            },
            {
              name: "Clock offset",
              cell: ({ clockOffsetMs }) =>
                Math.abs(clockOffsetMs) > 1_000 ? (
                  <State of="warning" text={`${clockOffsetMs} ms`} />
                ) : (
                  `${clockOffsetMs} ms`
                ),
              isNumber: true,
            },
            { name: "Version", cell: ({ version }) => version, isWide: true },
            { name: "Started", cell: ({ startedAt }) => <Time at={startedAt} />, isWide: true },
            { name: "Seen", cell: ({ seenAt }) => <Time at={seenAt} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Said({ answer }: { readonly answer: NodeAnswer | null }): JSX.Element | null {
  if (answer === null) return null;
  if (answer.error !== null) return <Failure error={new Error(answer.error)} />;
  const { quarantine = [], registration, holding, trouble } = answer.ok as BeatAnswer;
  return (
    <Panel title="The leading beat says">
      {holding && (
        <p>
          <State of="warning" text="the store's clock jumped" />: it holds what is due until it is certain of
          the time.
        </p>
      )}
      {trouble !== null && (
        <p>
          <State of="error" text={trouble} />
        </p>
      )}
      {registration !== null && <Conflicts {...registration} />}
      {quarantine.length === 0 ? (
        <p>
          <State of="ok" text="no entry is in quarantine" />
        </p>
      ) : (
        <Table
          label="entries in quarantine"
          rows={quarantine}
          id={({ entry }) => entry}
          columns={[
            { name: "Entry", cell: ({ entry }) => <Link to={`/schedules/${part(entry)}`}>{entry}</Link> },
            {
              name: "Why it cannot be sent",
              cell: ({ reason }) => <span class="wrap">{reason}</span>,
              grows: true,
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Conflicts({
  conflicts,
  newer,
}: {
  readonly conflicts: readonly string[];
  readonly newer: readonly string[];
}): JSX.Element {
  const names = (of: readonly string[]): string =>
    `${of.slice(0, 10).join(", ")}${of.length > 10 ? ` and ${of.length - 10} more` : ""}`;
  return (
    <>
      {conflicts.length > 0 && (
        <p>
          <State of="warning" text="entries of another owner" />: {names(conflicts)} are declared here, and
          were not touched.
        </p>
      )}
      {newer.length > 0 && (
        <p>
          <State of="warning" text="entries of a newer version" />: {names(newer)} were not touched.
        </p>
      )}
    </>
  );
}
