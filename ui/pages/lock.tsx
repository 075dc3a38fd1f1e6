/** One lock: who holds it, who waits, and what breaking a permit means. */
import type { JSX } from "preact";
import type { LockView } from "../../src/locks/index.js";
import { can, send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { part } from "../lib/router.js";
import { count, duration, now, relative } from "../lib/time.js";
import { Empty, Facts, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";
import { Table } from "../parts/table.js";
import { LockHistory, Who } from "./lock-history.js";

type View = Json<LockView>;
type Holder = View["holders"][number];

export function Lock({ id: name }: { readonly id: string }): JSX.Element {
  const { data, error, isLoading, reload } = useResource<View | null>(`/locks/${part(name)}`, {
    ...{ stale: ["locks"], everyMs: 2_000 },
  });
  return (
    <>
      <h1>{name}</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data !== null ? (
        <Standing lock={data} reload={reload} />
      ) : isLoading ? (
        <Skeleton lines={2} />
      ) : (
        error === null && <Empty>Nobody holds it, and nobody waits for it.</Empty>
      )}
      <section class="below">
        <h2>What happened</h2>
        <LockHistory lock={name} />
      </section>
    </>
  );
}

function Standing({ lock, reload }: { readonly lock: View; readonly reload: () => void }): JSX.Element {
  const { holders, waiters, capacity, held, waiting } = lock;
  return (
    <>
      <Panel title="Holders">
        <Facts
          rows={[
            ["capacity", count(capacity)],
            ["held", `${count(held)} of ${count(capacity)}`],
            ["waiting", count(waiting)],
          ]}
        />
        {holders.length === 0 ? (
          <Empty>Nobody holds it: the first who waits is about to.</Empty>
        ) : (
          <Table
            label="holders"
            rows={holders}
            id={({ token }) => token}
            columns={[
              { name: "Holder", cell: (holder) => <Who {...holder} />, grows: true },
              {
                name: "Fence",
                cell: ({ fence }) => fence ?? <span class="dim">not begun</span>,
                isNumber: true,
              },
              {
                name: "Held for",
                cell: ({ since }) => duration(Math.max(0, now.value - since)),
                isNumber: true,
              },
              { name: "Ends unless extended", cell: ({ until }) => <Time at={until} /> },
              {
                name: "",
                cell: (holder) => (
                  <div class="row-actions">
                    {can("break") && (
                      <button type="button" class="small" onClick={() => breakPermit(lock, holder, reload)}>
                        Break
                      </button>
                    )}
                  </div>
                ),
              },
            ]}
          />
        )}
      </Panel>
      <Panel title="Waiters">
        {waiters.length === 0 ? (
          <Empty>Nobody waits.</Empty>
        ) : (
          <Table
            label="waiters"
            rows={waiters.map((waiter, index) => ({ ...waiter, position: index + 1 }))}
            id={({ id }) => id}
            columns={[
              { name: "Position", cell: ({ position }) => position, isNumber: true },
              { name: "Waiter", cell: (waiter) => <Who {...waiter} />, grows: true },
              {
                name: "Waits for",
                cell: ({ since }) => duration(Math.max(0, now.value - since)),
                isNumber: true,
              },
              { name: "Since", cell: ({ since }) => <Time at={since} form="short" /> },
            ]}
          />
        )}
        {waiting > waiters.length && <p class="dim">The first {count(waiters.length)} are shown.</p>}
      </Panel>
    </>
  );
}

function breakPermit({ name, waiters, capacity }: View, holder: Holder, reload: () => void): void {
  const who = holder.label === "" ? holder.id : holder.label;
  const [first] = waiters;
  confirm({
    title: `Break the permit of ${who}?`,
    text: (
      <ul>
        <li>
          {who} has held {name} for {duration(Math.max(0, now.value - holder.since))}. It learns that it was
          broken when it extends its permit, at the latest {relative(holder.until)}, and its signal aborts;
          until then it works on.
        </li>
        <li>
          {first === undefined
            ? "Nobody waits: the next who asks gets the permit."
            : `${first.label === "" ? first.id : first.label}, first of ${count(waiters.length)}, gets it at once.`}
        </li>
        <li>
          <State
            of="warning"
            text={`For a moment ${capacity + 1} may work where ${capacity} should, unless what they write to checks fences.`}
          />
        </li>
        <li>This cannot be undone.</li>
      </ul>
    ),
    action: "Break the permit",
    isDangerous: true,
    run: async () => {
      await send("POST", `/locks/${part(name)}/break`, { token: holder.token });
      reload();
      return `the permit of ${who} is broken`;
    },
  });
}
