/** What a page reads: asked for anew when its question changes, when the server says that it is old, or after a time. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, type Query } from "./api.js";
import { gather } from "./gather.js";
import { isPaused, onStale } from "./live.js";

export interface Resource<T> {
  /** The newest answer, also while the next one is on its way; null: none yet. */
  readonly data: T | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

export interface ResourceOptions {
  readonly query?: Query;
  /** What the server calls old. */
  readonly stale?: readonly string[];
  /** Asked for again after so long, while the page is live. */
  readonly everyMs?: number;
}

/** No more than one question in so long, however much happens. */
const LEAST_PAUSE_MS = 1_000;

/** `path` null: nothing is asked. */
export function useResource<T>(path: string | null, options: ResourceOptions = {}): Resource<T> {
  const { query = {}, stale = [], everyMs } = options;
  const key = path === null ? null : `${path}?${JSON.stringify(query)}`;
  const [state, setState] = useState<{
    readonly key: string | null;
    readonly data: T | null;
    readonly error: Error | null;
  }>({
    ...{ key: null, data: null, error: null },
  });
  const [isLoading, setLoading] = useState(false);
  const running = useRef<AbortController | null>(null);
  const ask = useCallback(() => {
    if (path === null) return;
    running.current?.abort();
    const ours = new AbortController();
    running.current = ours;
    setLoading(true);
    get<T>(path, query, ours.signal).then(
      (data) => {
        if (running.current !== ours) return;
        setState({ key, data, error: null });
        setLoading(false);
      },
      (error: Error) => {
        if (running.current !== ours || ours.signal.aborted) return;
        setState((before) => ({ key, data: before.key === key ? before.data : null, error }));
        setLoading(false);
      },
    );
  }, [key]);
  useEffect(() => {
    ask();
    return () => running.current?.abort();
  }, [ask]);
  useEffect(() => {
    if (key === null) return;
    const asks = gather(ask, () => LEAST_PAUSE_MS);
    const end = onStale((what) => {
      if (what === "all" || what.some((one) => stale.includes(one))) asks.soon();
    });
    const every =
      everyMs === undefined ? null : setInterval(() => !isPaused.value && !document.hidden && ask(), everyMs);
    return () => {
      end();
      asks.end();
      if (every !== null) clearInterval(every);
    };
  }, [ask, stale.join(), everyMs]);
  const isOurs = state.key === key;
  return { data: isOurs ? state.data : null, error: isOurs ? state.error : null, isLoading, reload: ask };
}
