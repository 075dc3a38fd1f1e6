/** One route of the API: whom it lets in, what it takes, and what it does. */
import type { AppCore } from "../app/index.js";
import type { Access, Right } from "./access.js";
import type { BulkJobs } from "./bulk.js";
import type { Fields, ValuesOf } from "./fields.js";
import type { DashboardSettings } from "./options.js";
import type { Overviews } from "./overview.js";

/** What routes work with. */
export interface Desk {
  readonly core: AppCore;
  readonly settings: DashboardSettings;
  readonly overviews: Overviews;
  readonly bulk: BulkJobs;
}

export interface Call<Q extends Fields = Fields, B extends Fields = Fields> extends Desk {
  readonly access: Access;
  readonly params: Readonly<Record<string, string>>;
  readonly query: ValuesOf<Q>;
  readonly body: ValuesOf<B>;
  /** What the page of the asker sends with each change. */
  readonly csrf: string;
  /** What `If-Match` says; null: it is not there. */
  readonly ifMatch: string | null;
  readonly can: (right: Right) => boolean;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface RouteOptions<Q extends Fields, B extends Fields> {
  /** One line, for people who read the description of the API. */
  readonly summary: string;
  /** Default "read". */
  readonly right?: Right;
  readonly query?: Q;
  readonly body?: B;
  /** Answers with 202. */
  readonly accepted?: true;
  /** One of the 20 searches that may go on at once. */
  readonly isSearch?: true;
}

export interface Route {
  readonly method: Method;
  /** Below /api/v1, with `:name` for what varies. */
  readonly path: string;
  readonly summary: string;
  readonly right: Right;
  readonly query: Fields;
  readonly body: Fields | null;
  readonly status: number;
  readonly isSearch: boolean;
  readonly run: (call: Call) => Promise<unknown>;
}

/** `at`: "GET /tasks/:id". */
export function route<
  const Q extends Fields = Record<never, never>,
  const B extends Fields = Record<never, never>,
>(
  at: `${Method} /${string}`,
  options: RouteOptions<Q, B>,
  run: (call: Call<Q, B>) => Promise<unknown>,
): Route {
  const [method, path] = at.split(" ") as [Method, string];
  const { summary, right = "read", query, body, accepted, isSearch } = options;
  return {
    ...{ method, path, summary, right },
    query: query ?? {},
    body: method === "GET" ? null : (body ?? {}),
    status: accepted ? 202 : 200,
    isSearch: isSearch === true,
    run: run as unknown as Route["run"],
  };
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Null: there is no more. */
  readonly next: string | null;
}

export function pageOf<T>(items: readonly T[], next: string | null = null): Page<T> {
  return { items, next };
}
