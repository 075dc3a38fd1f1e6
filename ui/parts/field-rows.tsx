/** Fields of a form from its table: each with its name, what is wrong with it, and what it changes. */
import type { ComponentChildren, JSX } from "preact";
import type { FieldRow, Texts } from "../lib/fields.js";

export interface RowsProps {
  readonly rows: readonly (readonly FieldRow[])[];
  readonly texts: Texts;
  /** Of these fields in the whole form. */
  readonly path: string;
  readonly wrong: { readonly field: string; readonly message: string } | null;
  readonly set: (change: Texts) => void;
}

export function FieldRows({ rows, ...props }: RowsProps): JSX.Element {
  return (
    <>
      {rows.map((row) => {
        const shown = row.filter(({ where }) => where === undefined || where(props.texts));
        const fields = shown.map((each) => <FieldInput key={each.field} row={each} {...props} />);
        if (shown.length < 2) return fields;
        return (
          <div key={row[0]!.field} class={shown.length > 4 ? "crontab" : "pair"}>
            {fields}
          </div>
        );
      })}
    </>
  );
}

const LISTS: Readonly<Record<string, string>> = { zone: "zones", calendar: "calendars" };

function FieldInput({
  row: { field, label, hint, input, options },
  texts,
  path,
  wrong,
  set,
}: Omit<RowsProps, "rows"> & { readonly row: FieldRow }): JSX.Element {
  const value = texts[field] ?? "";
  const isWrong = wrong?.field === `${path}.${field}`;
  const common = { name: field, value, "aria-invalid": isWrong, spellcheck: false };
  const onInput = ({ currentTarget }: { readonly currentTarget: { readonly value: string } }): void =>
    set({ [field]: currentTarget.value });
  if (input === "check") {
    return (
      <label class="check">
        <input
          type="checkbox"
          name={field}
          checked={value === "true"}
          onChange={(event) => set({ [field]: event.currentTarget.checked ? "true" : "" })}
        />
        {label}
      </label>
    );
  }
  return (
    <label>
      {label}
      {options !== undefined ? (
        <select {...common} onChange={onInput}>
          {(options.some(([each]) => each === value) ? options : [...options, [value, value] as const]).map(
            ([each, words]) => (
              <option key={each} value={each}>
                {words}
              </option>
            ),
          )}
        </select>
      ) : input === "lines" ? (
        <textarea
          {...common}
          rows={Math.min(12, Math.max(3, value.split("\n").length))}
          placeholder={hint}
          onInput={onInput}
        />
      ) : (
        <input
          {...common}
          placeholder={hint}
          list={LISTS[input ?? ""]}
          autocomplete="off"
          onInput={onInput}
        />
      )}
      {isWrong && <span class="wrong">{wrong.message}</span>}
    </label>
  );
}

/** Words that a browser proposes in fields that name the list. */
export function Proposals({
  id,
  words,
}: {
  readonly id: string;
  readonly words: readonly string[];
}): JSX.Element {
  return (
    <datalist id={id}>
      {words.map((word): ComponentChildren => (
        <option key={word} value={word} />
      ))}
    </datalist>
  );
}
