/** Inputs of a draft: each with its name, what is wrong with it, and what it changes. */
import type { ComponentChildren, JSX } from "preact";
import type { Draft, EntryField } from "../lib/draft.js";

export interface FieldsProps {
  readonly draft: Draft;
  readonly isNew: boolean;
  readonly args: "shown" | "kept" | "code";
  /** Of a new schedule. */
  readonly timezone: string;
  readonly wrong: { readonly field: string; readonly message: string } | null;
  readonly set: (change: Partial<Draft>) => void;
}

interface TextOptions {
  readonly hint?: string | undefined;
  readonly isRequired?: boolean;
  readonly isFixed?: boolean;
  readonly list?: string;
}

export function textField(
  props: FieldsProps,
): (field: EntryField, label: string, options: TextOptions) => JSX.Element {
  const { draft, wrong, set } = props;
  return (field, label, { hint, isRequired = false, isFixed = false, list }) => (
    <label key={field}>
      {label}
      <input
        name={field}
        value={draft[field]}
        placeholder={hint}
        required={isRequired}
        readOnly={isFixed}
        list={list}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={wrong?.field === field}
        onInput={(event) => set({ [field]: event.currentTarget.value })}
      />
      <Told {...props} field={field} />
    </label>
  );
}

function Told({
  wrong,
  field,
}: Pick<FieldsProps, "wrong"> & { readonly field: EntryField }): JSX.Element | null {
  return wrong?.field === field ? <span class="wrong">{wrong.message}</span> : null;
}

type FieldProps = FieldsProps & { readonly field: EntryField; readonly label: string };

export function Area({ field, label, hint, ...props }: FieldProps & { readonly hint: string }): JSX.Element {
  return (
    <label>
      {label}
      <textarea
        name={field}
        rows={2}
        value={props.draft[field]}
        placeholder={hint}
        spellcheck={false}
        aria-invalid={props.wrong?.field === field}
        onInput={(event) => props.set({ [field]: event.currentTarget.value })}
      />
      <Told {...props} field={field} />
    </label>
  );
}

export function Choice({
  field,
  label,
  options,
  draft,
  set,
}: FieldProps & { readonly options: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <label>
      {label}
      <select
        name={field}
        value={draft[field]}
        onChange={(event) => set({ [field]: event.currentTarget.value })}
      >
        {options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Check({ field, label, draft, set }: FieldProps): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        name={field}
        checked={draft[field] === "true"}
        onChange={(event) => set({ [field]: event.currentTarget.checked ? "true" : "" })}
      />
      {label}
    </label>
  );
}
