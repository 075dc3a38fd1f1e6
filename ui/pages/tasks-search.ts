/** Records of a search as they are found: the first page is live, later ones stand still. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { TaskRow } from "../../src/monitor/index.js";
import { get } from "../lib/api.js";
import { gather } from "../lib/gather.js";
import type { Json } from "../lib/json.js";
import { isPaused, onEvents, onStale } from "../lib/live.js";

export type Row = Json<TaskRow>;

interface Page {
  readonly items: readonly Row[];
  readonly next: string | null;
  readonly reached: number | null;
}

export interface Search {
  /** Null: none yet. */
  readonly rows: readonly Row[] | null;
  /** Where to go on; null: all was looked at. */
  readonly next: string | null;
  /** Searched back to this instant. */
  readonly reached: number | null;
  readonly error: Error | null;
  readonly isSearching: boolean;
  /** Looks further back for what the page still has room for. */
  readonly goOn: () => void;
  readonly reload: () => void;
}

export const PAGE = 50;
/** Questions of at most a second each, until somebody says to go on. */
const STEPS = 5;
const LEAST_PAUSE_MS = 1_000;
/** A search that takes long is asked again as much more seldom. */
const PAUSE_PER_MS = 5;
const ENDS =
  /^(task-(succeeded|failed|retried|rejected|revoked|ignored|skipped|lost)|dead-lettered|events-lost)$/;

type State = Pick<Search, "rows" | "next" | "reached" | "error">;

const NONE: State = { rows: null, next: null, reached: null, error: null };

export function useSearch(q: string, cursor: string | null): Search {
  const [state, setState] = useState<State & { readonly key: string }>({ key: "", ...NONE });
  const [isSearching, setSearching] = useState(false);
  const running = useRef<AbortController | null>(null);
  const tookMs = useRef(0);
  const key = JSON.stringify([q, cursor]);
  const run = useCallback(
    async (had: readonly Row[], from: string | null): Promise<void> => {
      running.current?.abort();
      const ours = new AbortController();
      running.current = ours;
      setSearching(true);
      const began = performance.now();
      let [rows, at, reached] = [had, from, null as number | null];
      try {
        for (let step = 0; step < STEPS; step++) {
          const limit = PAGE - rows.length;
          const page = await get<Page>("/tasks", { q, cursor: at, limit }, ours.signal);
          rows = [...rows, ...page.items];
          [at, reached] = [page.next, page.reached ?? reached];
          const isOver = at === null || rows.length >= PAGE;
          // Rows of before stand until there are new ones, so that the page does not jump.
          if (isOver || rows.length > had.length || step === STEPS - 1)
            setState({ key, rows, next: at, reached, error: null });
          if (isOver) break;
        }
      } catch (error) {
        if (ours.signal.aborted) return;
        setState((before) => ({ ...(before.key === key ? before : NONE), key, error: error as Error }));
      }
      if (running.current !== ours) return;
      tookMs.current = performance.now() - began;
      setSearching(false);
    },
    [key],
  );
  const reload = useCallback(() => void run([], cursor), [run]);
  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, [reload]);
  useEffect(() => {
    if (cursor !== null) return;
    const { soon, end } = gather(
      () => !isPaused.value && reload(),
      () => Math.max(LEAST_PAUSE_MS, tookMs.current * PAUSE_PER_MS),
    );
    const ends = [
      // What begins is no row here: a question for it would have that for its end wait.
      onEvents((events, leftOut) => (leftOut > 0 || events.some(({ type }) => ENDS.test(type))) && soon()),
      onStale((what) => what === "all" && soon()),
      end,
    ];
    return () => ends.forEach((each) => each());
  }, [reload, cursor]);
  const { rows, next, reached, error } = state.key === key ? state : NONE;
  const goOn = (): void => void run(rows ?? [], next);
  return { rows, next, reached, error, isSearching, reload, goOn };
}
