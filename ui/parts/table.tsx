/** A table that keys walk through: j and k go to the next row and back, enter opens it, x selects it. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { onKey } from "../lib/keys.js";

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Left out where there is little room. */
  readonly isWide?: boolean;
  /** As wide as it needs to be; the others share the rest. */
  readonly grows?: boolean;
}

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly set: (ids: ReadonlySet<string>) => void;
}

export function Table<Row>({
  label,
  columns,
  rows,
  id,
  open,
  selection,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly id: (row: Row) => string;
  readonly open?: (row: Row) => void;
  readonly selection?: Selection;
}): JSX.Element {
  const [at, setAt] = useState<string | null>(null);
  const toggle = (key: string): void => {
    if (selection === undefined) return;
    const next = new Set(selection.ids);
    if (!next.delete(key)) next.add(key);
    selection.set(next);
  };
  // Before the row is shown as reached: a key that comes at once counts, too.
  useLayoutEffect(
    () =>
      onKey((key) => {
        const index = rows.findIndex((row) => id(row) === at);
        const row = rows[index];
        if (key === "j" || key === "k") {
          const next = rows[Math.max(0, Math.min(rows.length - 1, index + (key === "j" ? 1 : -1)))];
          if (next !== undefined) setAt(id(next));
          return true;
        }
        if (row === undefined) return false;
        if (key === "x") toggle(id(row));
        else if (key === "Enter" && open !== undefined) open(row);
        else return false;
        return true;
      }),
    [rows, at, selection],
  );
  useEffect(() => {
    if (at !== null) document.querySelector(`tr[data-at="true"]`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const areAll =
    selection !== undefined && rows.length > 0 && rows.every((row) => selection.ids.has(id(row)));
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <caption class="sr">{label}</caption>
        <thead>
          <tr>
            {selection !== undefined && (
              <th class="pick">
                <input
                  type="checkbox"
                  aria-label="select all rows"
                  checked={areAll}
                  onChange={() => selection.set(areAll ? new Set() : new Set(rows.map(id)))}
                />
              </th>
            )}
            {columns.map(({ name, isNumber, isWide }) => (
              <th key={name} scope="col" class={classOf(isNumber, isWide)}>
                {name === "" ? <span class="sr">actions</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = id(row);
            const isSelected = selection?.ids.has(key) === true;
            return (
              <tr
                key={key}
                data-at={at === key}
                aria-selected={selection === undefined ? undefined : isSelected}
              >
                {selection !== undefined && (
                  <td class="pick">
                    <input
                      type="checkbox"
                      aria-label={`select ${key}`}
                      checked={isSelected}
                      onChange={() => toggle(key)}
                    />
                  </td>
                )}
                {columns.map(({ name, cell, isNumber, isWide, grows }) => (
                  <td
                    key={name}
                    class={`${classOf(isNumber, isWide)}${grows === true ? " grows" : ""}`}
                    data-name={name}
                  >
                    {cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function classOf(isNumber?: boolean, isWide?: boolean): string {
  return `${isNumber === true ? "number" : ""}${isWide === true ? " wide" : ""}`;
}
