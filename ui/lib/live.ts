/** One stream of events from the server for the whole page; where it fails, pages ask again each five seconds. */
import { computed, effect, signal } from "@preact/signals";
import type { Overview } from "../../src/dashboard/overview.js";
import { apiUrl, get } from "./api.js";
import type { Json } from "./json.js";

/** "paused": by whoever looks. "polling": the stream does not come through. */
export type LiveState = "connecting" | "live" | "paused" | "reconnecting" | "polling";

export interface LiveEvent {
  readonly type: string;
  readonly hostname: string;
  readonly timestamp: number;
  readonly [field: string]: unknown;
}

export const liveState = signal<LiveState>("connecting");
export const isPaused = signal(false);
/** When anything came last. */
export const heardAt = signal<number | null>(null);
export const overview = signal<Json<Overview> | null>(null);
/** Why the server cannot tell; null: it can. */
export const trouble = signal<string | null>(null);
export const alerts = computed(() => overview.value?.alerts ?? []);

type Listener = (events: readonly LiveEvent[], leftOut: number) => void;

const listeners = new Set<Listener>();
const staleListeners = new Set<(what: readonly string[] | "all") => void>();

/** Gives the function that ends it. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** "all": what was missed is not known. */
export function onStale(listener: (what: readonly string[] | "all") => void): () => void {
  staleListeners.add(listener);
  return () => staleListeners.delete(listener);
}

const POLL_MS = 5_000;
const FAILURES_BEFORE_POLLING = 2;
const RETRY_MS = [1_000, 2_000, 5_000] as const;

let source: EventSource | null = null;
let lastId: string | null = null;
let failures = 0;
let retry: ReturnType<typeof setTimeout> | null = null;
let poll: ReturnType<typeof setInterval> | null = null;

function open(): void {
  close();
  source = new EventSource(apiUrl("/events", { overview: "1", last: lastId }));
  const heard = (event: MessageEvent<string>): unknown => {
    failures = 0;
    stopPolling();
    liveState.value = "live";
    heardAt.value = Date.now();
    lastId = event.lastEventId;
    return JSON.parse(event.data);
  };
  const on = (type: string, handle: (data: never) => void): void =>
    source?.addEventListener(type, (event) => handle(heard(event as MessageEvent<string>) as never));
  on("ready", () => undefined);
  on("reset", () => tellStale("all"));
  on("overview", (data: Json<Overview>) => {
    trouble.value = null;
    overview.value = data;
  });
  on("trouble", ({ message }: { readonly message: string }) => (trouble.value = message));
  on("stale", ({ what }: { readonly what: readonly string[] }) => tellStale(what));
  on("events", ({ events, leftOut }: { readonly events: readonly LiveEvent[]; readonly leftOut: number }) => {
    for (const listener of listeners) listener(events, leftOut);
  });
  source.addEventListener("error", () => failed());
}

function failed(): void {
  close();
  failures++;
  liveState.value = failures > FAILURES_BEFORE_POLLING ? "polling" : "reconnecting";
  if (liveState.value === "polling" && poll === null) {
    poll = setInterval(() => void ask(), POLL_MS);
    void ask();
  }
  retry = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]);
}

async function ask(): Promise<void> {
  try {
    overview.value = await get<Json<Overview>>("/overview");
    heardAt.value = Date.now();
    trouble.value = null;
  } catch (error) {
    trouble.value = (error as Error).message;
  }
  tellStale("all");
}

function tellStale(what: readonly string[] | "all"): void {
  for (const listener of staleListeners) listener(what);
}

function close(): void {
  source?.close();
  source = null;
  if (retry !== null) clearTimeout(retry);
  retry = null;
}

function stopPolling(): void {
  if (poll !== null) clearInterval(poll);
  poll = null;
}

const isHidden = signal(document.hidden);
document.addEventListener("visibilitychange", () => (isHidden.value = document.hidden));

/** Begins when somebody looks, and ends when nobody does. */
export function followLive(): void {
  effect(() => {
    if (isHidden.value || isPaused.value) {
      close();
      stopPolling();
      liveState.value = "paused";
    } else {
      liveState.value = "connecting";
      open();
    }
  });
}
