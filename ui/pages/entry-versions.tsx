/** What an entry was before: its edits, as the audit keeps them. */
import type { JSX } from "preact";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Empty, Failure, Panel, Skeleton, Time } from "../parts/basics.js";

type Definition = Readonly<Record<string, unknown>>;

interface Version {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly definition: Definition;
}

const MOST = 100;

export function Versions({ name, isOurs }: { readonly name: string; readonly isOurs: boolean }): JSX.Element {
  const { data, error } = useResource<Page<Json<AuditRecord>>>("/audit", {
    query: { target: name, limit: MOST },
    stale: ["audit", "schedules"],
  });
  const versions = data === null ? [] : versionsOf(data.items);
  return (
    <Panel title="Versions">
      {error !== null && <Failure error={error} />}
      {data === null ? (
        error === null && <Skeleton lines={3} />
      ) : versions.length === 0 ? (
        <Empty>
          {isOurs
            ? "The store keeps the present version alone, and the audit has no edit of this entry any more."
            : "The store keeps the present version alone. Earlier ones are in the history of the code that declares it."}
        </Empty>
      ) : (
        <ul class="plain">
          {versions.map(({ id, at, by, definition }, index) => (
            <li key={id}>
              <details>
                <summary>
                  <strong>{by}</strong> {changeOf(definition, versions[index + 1]?.definition)}
                </summary>
                <pre>{JSON.stringify(definition, null, 2)}</pre>
              </details>
              <Time at={at} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Newest first. */
function versionsOf(rows: readonly Json<AuditRecord>[]): Version[] {
  return rows.flatMap(({ id, at, by, verb, outcome, args }) => {
    const definition = verb === "setEntry" && outcome === "ok" ? definitionIn(args) : null;
    return definition === null ? [] : [{ id, at, by, definition }];
  });
}

/** Null where a long one was cut. */
function definitionIn(args: string): Definition | null {
  try {
    const { definition } = JSON.parse(args) as { readonly definition?: unknown };
    return typeof definition === "object" && definition !== null ? (definition as Definition) : null;
  } catch {
    return null;
  }
}

function changeOf(now: Definition, before: Definition | undefined): string {
  if (before === undefined) return "set it, as far back as the audit goes";
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  );
  return names.length === 0 ? "saved it as it was" : `changed ${names.join(", ")}`;
}
