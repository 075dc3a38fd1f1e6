/** What a forecast finds: peaks, locks that several want, nights on which clocks change, runs that take too long, busy entries. */
import type { JSX } from "preact";
import { Link, part } from "../lib/router.js";
import { count, duration, exact, some } from "../lib/time.js";
import { Empty, Panel, State, Time } from "../parts/basics.js";
import { Table } from "../parts/table.js";
import { type Night, NightDrawn } from "../parts/zone-nights.js";
import type { Data } from "./forecast.js";

export function Peaks({
  data: { peaks },
  zone,
}: {
  readonly data: Data;
  readonly zone: string;
}): JSX.Element {
  return (
    <Panel title="Peaks">
      {peaks.length === 0 ? (
        <Empty>Nothing is sent in this time.</Empty>
      ) : (
        <Table
          label="peaks"
          rows={peaks}
          id={({ at }) => String(at)}
          columns={[
            { name: "At", cell: ({ at }) => exact(at, zone).slice(0, 16), grows: true },
            { name: "Starts", cell: ({ starts }) => count(starts), isNumber: true },
            { name: "Slots", cell: ({ slots }) => slots.toFixed(1), isNumber: true },
          ]}
        />
      )}
    </Panel>
  );
}

export function Meetings({ data: { lockMeetings } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Locks that several want at once">
      {lockMeetings.length === 0 ? (
        <Empty>No lock is wanted by two entries at once.</Empty>
      ) : (
        <Table
          label="lock meetings"
          rows={lockMeetings}
          id={({ lock, entries }) => `${lock} ${entries.join()}`}
          columns={[
            { name: "Lock", cell: ({ lock }) => lock },
            { name: "Entries", cell: ({ entries }) => <Names names={entries} />, grows: true },
            { name: "First", cell: ({ at }) => <Time at={at} form="short" /> },
            { name: "Times", cell: ({ times }) => count(times), isNumber: true },
          ]}
        />
      )}
    </Panel>
  );
}

function Names({ names }: { readonly names: readonly string[] }): JSX.Element {
  return (
    <span class="names">
      {names.map((name) => (
        <Link key={name} to={`/schedules/${part(name)}`}>
          {name}
        </Link>
      ))}
    </span>
  );
}

/** Entries of one night and one zone are told together. */
export function Nights({
  nights,
  to,
}: {
  readonly nights: readonly Night[];
  readonly to: number;
}): JSX.Element {
  const groups = new Map<string, Night[]>();
  for (const night of nights) {
    const key = `${night.at} ${night.timezone}`;
    groups.set(key, [...(groups.get(key) ?? []), night]);
  }
  const all = [...groups.values()].slice(0, MOST_NIGHTS);
  const soon = all.filter(([first]) => first!.at < to);
  const later = all.filter(([first]) => first!.at >= to);
  return (
    <Panel title="Nights on which clocks change" class="wide">
      {soon.length === 0 && (
        <Empty>No entry is due in an hour of this time that is skipped or comes twice.</Empty>
      )}
      {soon.map((group) => (
        <NightOf key={keyOf(group)} group={group} />
      ))}
      {later.length > 0 && (
        <details>
          <summary>After that, {some(later.length, "night")}</summary>
          {later.map((group) => (
            <NightOf key={keyOf(group)} group={group} />
          ))}
        </details>
      )}
    </Panel>
  );
}

const MOST_NIGHTS = 8;

const keyOf = ([first]: readonly Night[]): string => `${first!.at} ${first!.timezone}`;

function NightOf({ group }: { readonly group: readonly Night[] }): JSX.Element {
  const effects = [...new Set(group.map(({ effect }) => effect))];
  const message = group.length === 1 ? "1 entry meets it." : `${group.length} entries meet it.`;
  return (
    <div class="night-group">
      <NightDrawn night={{ ...group[0]!, message }} due={[]} />
      <ul class="plain">
        {effects.map((effect) => {
          const those = group.filter((night) => night.effect === effect);
          return (
            <li key={effect}>
              <span>
                {those.length === 1 ? those[0]!.message : EFFECTS[effect]}{" "}
                <Names names={those.slice(0, 20).map(({ entry }) => entry)} />
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const EFFECTS: Readonly<Record<Night["effect"], string>> = {
  moved: "moved out of the gap:",
  dropped: "not run:",
  "first-pass": "run the first time only:",
  "second-pass": "run the second time only:",
  "both-passes": "run both times:",
};

export function Risks({ data: { overdueRisks } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Runs longer than their interval">
      {overdueRisks.length === 0 ? (
        <Empty>No entry is due again before most of its runs have ended.</Empty>
      ) : (
        <Table
          label="overdue risks"
          rows={overdueRisks}
          id={({ entry }) => entry}
          columns={[
            { name: "Entry", cell: ({ entry }) => <Names names={[entry]} />, grows: true },
            {
              name: "Run p95",
              cell: ({ p95Ms }) => <State of="warning" text={duration(p95Ms)} />,
              isNumber: true,
            },
            { name: "Each", cell: ({ intervalMs }) => duration(intervalMs), isNumber: true },
          ]}
        />
      )}
    </Panel>
  );
}

/** `begins`: of each step. */
export function Entries({
  data: { entries },
  begins,
}: {
  readonly data: Data;
  readonly begins: readonly number[];
}): JSX.Element {
  const firstOf = (steps: readonly number[] | null): number | undefined =>
    steps === null ? undefined : begins[steps.findIndex((starts) => starts > 0)];
  return (
    <Panel title="Entries with the most starts">
      <Table
        label="starts by entry"
        rows={entries.slice(0, 20)}
        id={({ entry }) => entry}
        columns={[
          { name: "Entry", cell: ({ entry }) => <Names names={[entry]} />, grows: true },
          { name: "Queue", cell: ({ queue }) => queue },
          { name: "First", cell: ({ steps }) => <Time at={firstOf(steps)} form="short" /> },
          { name: "Starts", cell: ({ starts }) => count(starts), isNumber: true },
        ]}
      />
    </Panel>
  );
}
