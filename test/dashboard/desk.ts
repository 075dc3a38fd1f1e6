/** A dashboard over an app in memory, asked without a network. */
import { coreOf } from "../../src/app/index.js";
import { silentLogger } from "../../src/core/logger.js";
import type { Access } from "../../src/dashboard/access.js";
import { Assets } from "../../src/dashboard/assets.js";
import { type DashboardOptions } from "../../src/dashboard/index.js";
import type { Doors } from "../../src/dashboard/login.js";
import { openDashboard } from "../../src/dashboard/open.js";
import { NO_PEER, type Peer } from "../../src/dashboard/web.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";

export const ADMIN: Access = { user: "ann", role: "admin" };
export const ORIGIN = "http://dashboard.test";

/** Pages of a test: the build is not asked. */
export const PAGES = {
  reply: (name: string) => (name === "app.js" ? new Response("1") : null),
  page: (base: string, { title }: { readonly title: string }) =>
    new Response(`<base href="${base}"><title>${title}</title>`, {
      headers: { "content-type": "text/html" },
    }),
} as unknown as Assets;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: never;
}

export class Desk {
  readonly app: Sunbeat;
  readonly handle: (request: Request, peer?: Peer) => Promise<Response>;
  readonly #close: () => void;

  constructor(
    options: DashboardOptions = { resolveAccess: () => ADMIN },
    parts: {
      readonly app?: Partial<SunbeatOptions>;
      readonly doors?: Doors | null;
      readonly hosts?: readonly string[];
    } = {},
  ) {
    this.app = new Sunbeat("desk", { broker: "memory:", logger: silentLogger, ...parts.app });
    const made = openDashboard(coreOf(this.app), options, parts.doors ?? null, parts.hosts, PAGES);
    this.handle = (request, peer = NO_PEER) => made.handle(request, peer);
    this.#close = made.close;
  }

  async ask(
    method: string,
    path: string,
    init: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const isRead = method === "GET" || method === "HEAD";
    const request = new Request(`${ORIGIN}/api/v1${path}`, {
      method,
      headers: {
        ...(!isRead && { "content-type": "application/json", "sec-fetch-site": "same-origin" }),
        ...init.headers,
      },
      ...(!isRead && { body: typeof init.body === "string" ? init.body : JSON.stringify(init.body ?? {}) }),
    });
    const response = await this.handle(request);
    const text = await response.text();
    const isJson =
      /application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "") && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as never,
    };
  }

  /** With what a page of ours sends along. */
  async change(
    method: string,
    path: string,
    body: unknown = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { csrf } = (await this.ask("GET", "/me")).body as { readonly csrf: string };
    return this.ask(method, path, { body, headers: { "sunbeat-csrf": csrf, ...headers } });
  }

  async close(): Promise<void> {
    this.#close();
    await this.app.close();
  }
}
