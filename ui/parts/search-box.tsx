/** A search of tasks, with what it can name as one types: keys, and of each key what is known. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../lib/api.js";

/** Of each key what it may be followed by. */
type Words = Readonly<Record<string, readonly string[]>>;

const KEYS = ["task", "state", "queue", "worker", "entry", "run", "after", "before", "id", "root"] as const;
const EXAMPLES: Words = {
  run: [">1s", ">10s", ">1m"],
  after: ["10m", "1h", "24h"],
  before: ["10m", "1h", "24h"],
};
const MOST_SHOWN = 12;
/** Types of elements know a combobox only by its `list`, which has no keys and no quotation marks. */
const COMBOBOX: object = { role: "combobox" };

export function SearchBox({
  value,
  search,
}: {
  readonly value: string;
  readonly search: (q: string) => void;
}): JSX.Element {
  const [text, setText] = useState(value);
  const [words, setWords] = useState<Words>(EXAMPLES);
  /** Up to where a word is completed; null: nothing is offered. */
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  const load = (): void => {
    void get<Words>("/words").then(
      (found) => setWords({ ...EXAMPLES, ...found }),
      () => undefined,
    );
  };
  const offers = caret === null ? [] : offersFor(wordAt(text, caret), words);
  const close = (): void => (setCaret(null), setAt(-1));
  const offer = (field: HTMLInputElement): void => {
    setText(field.value);
    setAt(-1);
    setCaret(field.selectionStart ?? field.value.length);
  };
  const take = (word: string): void => {
    const end = caret ?? text.length;
    const before = text.slice(0, end - wordAt(text, end).length) + word + (word.endsWith(":") ? "" : " ");
    setText(before + text.slice(end).trimStart());
    setAt(-1);
    setCaret(word.endsWith(":") ? before.length : null);
    // The field has its text before the caret is set.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(before.length, before.length);
    });
  };
  const press = (event: KeyboardEvent): void => {
    if (offers.length === 0) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((at + step + offers.length) % offers.length);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(offers[at]!);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        close();
        search(text.trim());
      }}
    >
      <div class="completed">
        <input
          ref={input}
          type="search"
          {...COMBOBOX}
          aria-label="search tasks"
          aria-expanded={offers.length > 0}
          aria-controls="offers"
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `offer-${at}` : undefined}
          placeholder='task:mail.* state:failure after:2h "refused"'
          autocomplete="off"
          spellcheck={false}
          maxLength={2_000}
          value={text}
          onFocus={load}
          onInput={(event) => offer(event.currentTarget)}
          onKeyDown={press}
          onBlur={close}
        />
        <ul id="offers" role="listbox" aria-label="what fits" hidden={offers.length === 0}>
          {offers.map((word, index) => (
            <li
              key={word}
              id={`offer-${index}`}
              role="option"
              aria-selected={index === at}
              // The field keeps the focus.
              onMouseDown={(event) => (event.preventDefault(), take(word))}
            >
              {word}
            </li>
          ))}
        </ul>
      </div>
      <button type="submit" class="primary">
        Search
      </button>
    </form>
  );
}

/** What is typed of a word left of the caret; quoted blanks belong to it. */
export function wordAt(text: string, caret: number): string {
  let from = 0;
  let isQuoted = false;
  for (let index = 0; index < caret; index++) {
    if (text[index] === '"') isQuoted = !isQuoted;
    else if (text[index] === " " && !isQuoted) from = index + 1;
  }
  return text.slice(from, caret);
}

/** Whole words that may stand in its place. */
export function offersFor(word: string, words: Words): readonly string[] {
  const colon = word.indexOf(":");
  if (colon < 0) {
    return word === ""
      ? []
      : KEYS.filter((key) => key.startsWith(word.toLowerCase())).map((key) => `${key}:`);
  }
  const key = word.slice(0, colon);
  const comma = word.lastIndexOf(",");
  const head = word.slice(0, Math.max(colon, comma) + 1);
  const begun = word.slice(head.length).replaceAll('"', "").toLowerCase();
  return (words[key] ?? [])
    .filter((each) => each.toLowerCase().includes(begun) && each.toLowerCase() !== begun)
    .slice(0, MOST_SHOWN)
    .map((each) => head + quoted(each));
}

/** As a value of a search: in quotation marks where it would not be one else. */
export function quoted(value: string): string {
  return /[\s,"{}]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}
