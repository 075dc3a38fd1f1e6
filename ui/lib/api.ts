/** Asks the server. Paths are below /api/v1, and of the dashboard wherever it is mounted. */
import { signal } from "@preact/signals";

export interface Me {
  readonly user: string;
  readonly role: "viewer" | "operator" | "admin";
  readonly rights: readonly string[];
  readonly readOnly: boolean;
  readonly args: boolean;
  readonly results: boolean;
  readonly csrf: string;
  readonly title: string;
  readonly banner: { readonly text: string; readonly tone: "info" | "warning" | "danger" } | null;
  readonly timezone: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly app: string;
  readonly broker: string;
}

/** Null until it is known. */
export const me = signal<Me | null>(null);

export const can = (right: string): boolean => me.value?.rights.includes(right) === true;

/** What is wrong, in the server's words. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** An address of the API. */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(`api/v1${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      url.searchParams.append(name, String(one));
  }
  return url.href;
}

const REQUEST_MS = 15_000;

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const url = apiUrl(path, query);
  return answerOf<T>(await reach(url, { signal: both(signal) }));
}

export async function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const ask = (): Promise<Response> =>
    reach(apiUrl(path), {
      method,
      headers: { "content-type": "application/json", "sunbeat-csrf": me.value?.csrf ?? "", ...headers },
      body: JSON.stringify(body),
      signal: both(),
    });
  const response = await ask();
  return answerOf<T>(response.status === 403 && (await hasNewPass()) ? await ask() : response);
}

/** A dashboard that was restarted meanwhile gives another pass for changes. */
async function hasNewPass(): Promise<boolean> {
  const before = me.value?.csrf;
  me.value = await get<Me>("/me");
  return me.value.csrf !== before;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted && (init.signal.reason as Error).name === "AbortError") throw error;
    throw new Problem(0, "", "the dashboard does not answer: it was stopped, or the network is away");
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  try {
    const { code, detail } = JSON.parse(text) as { readonly code: string; readonly detail: string };
    throw new Problem(response.status, code, detail);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(response.status, "", `answered with ${response.status}`);
  }
}

function both(signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(REQUEST_MS);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}
