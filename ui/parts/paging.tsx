/** How one goes through a list: words to look for, and the next page. What is chosen stands in the URL. */
import type { ComponentChildren, JSX } from "preact";
import { query, setQuery } from "../lib/router.js";

export function Search({
  label,
  name = "q",
}: {
  readonly label: string;
  /** Of the part of the query. */
  readonly name?: string;
}): JSX.Element {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={query.value.get(name) ?? ""}
      maxLength={200}
      onInput={(event) =>
        setQuery({ [name]: event.currentTarget.value, after: null, before: null }, { replace: true })
      }
    />
  );
}

export function Choose({
  label,
  name,
  options,
}: {
  readonly label: string;
  readonly name: string;
  /** Values with their words; the first one stands where nothing is chosen. */
  readonly options: readonly (readonly [value: string, words: string])[];
}): JSX.Element {
  return (
    <label class="choose">
      {label}{" "}
      <select
        value={query.value.get(name) ?? options[0]![0]}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setQuery({ [name]: value === options[0]![0] ? null : value, after: null, before: null });
        }}
      >
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** `name`: the part of the query that says from behind which item the page begins. */
export function Pages({
  name,
  next,
}: {
  readonly name: "after" | "before";
  readonly next: string | null;
}): JSX.Element | null {
  const isFirst = !query.value.has(name);
  if (isFirst && next === null) return null;
  return (
    <div class="pages">
      {!isFirst && (
        <button type="button" onClick={() => setQuery({ [name]: null })}>
          First page
        </button>
      )}
      {next !== null && (
        <button type="button" onClick={() => setQuery({ [name]: next })}>
          Next page
        </button>
      )}
    </div>
  );
}

export function Toolbar({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="toolbar" role="search">
      {children}
    </div>
  );
}
