/** The handler: who asks, what for, and which part answers. */
import type { AppCore } from "../app/index.js";
import { actingAs } from "../control/index.js";
import { messageOf } from "../core/errors.js";
import { within } from "../core/clock.js";
import { type Access, may, type Right } from "./access.js";
import { Assets } from "./assets.js";
import { BulkJobs } from "./bulk.js";
import { EXPORT_QUERY, exportReply, FORMATS } from "./export.js";
import { choice, optional, readFields, text } from "./fields.js";
import { checkHost, checkOrigin } from "./gate.js";
import { Hub } from "./hub.js";
import { type Doors, type Login, Logins } from "./login.js";
import { openApi } from "./openapi.js";
import type { DashboardSettings } from "./options.js";
import { Overviews } from "./overview.js";
import { Refusal, refusalOf } from "./problem.js";
import { jsonReply, problemReply, SECURITY } from "./reply.js";
import type { Call, Desk, Route } from "./route.js";
import { ROUTES } from "./routes/index.js";
import { Hono } from "./vendor.js";
import { NO_PEER, type Peer } from "./web.js";

export interface DashboardParts {
  readonly core: AppCore;
  readonly settings: DashboardSettings;
  /** Null: it is mounted, and the host says who asks. */
  readonly doors: Doors | null;
  /** Names by which it is known beside those of this machine; null: any. */
  readonly hosts: readonly string[] | null;
  readonly secret: string;
  readonly version: string;
  /** Where the build has put the pages. */
  readonly assets: Assets;
}

const MOST_BODY = 262_144;
const REQUEST_MS = 10_000;
const MOST_SEARCHES = 20;
const API = "/api/v1";

type Answer = (request: Request, login: Login, peer: Peer) => Promise<Response> | Response;

export class Dashboard {
  readonly #parts: DashboardParts;
  readonly #logins: Logins;
  readonly #desk: Desk;
  readonly #hub: Hub;
  readonly #router = new Hono<{ Bindings: Peer }>();
  #searches = 0;

  constructor(parts: DashboardParts) {
    const { core, settings } = parts;
    const { clock, random, events, logger } = core;
    this.#parts = parts;
    this.#logins = new Logins({ ...parts, clock });
    const overviews = new Overviews(core);
    this.#desk = { core, settings, overviews, bulk: new BulkJobs(core) };
    const { maxClients } = settings;
    this.#hub = new Hub({
      ...{ clock, events, logger, maxClients, overview: overviews.read },
      boot: random.uuid().slice(0, 8),
    });
    this.#lay();
  }

  handle(request: Request, peer: Peer = NO_PEER): Promise<Response> {
    return Promise.resolve(this.#router.fetch(this.#belowBase(request), peer));
  }

  /** Streams and jobs end. */
  close(): void {
    this.#hub.close();
    this.#desk.bulk.close();
  }

  #lay(): void {
    const router = this.#router;
    for (const route of ROUTES) {
      router.on(route.method, `${API}${route.path}`, (context) =>
        this.#answer(context.req.raw, context.env, route.method !== "GET", (request, login) =>
          this.#run(route, request, login, context.req.param()),
        ),
      );
    }
    const reads = (path: string, answer: Answer): void =>
      void router.get(path, (context) =>
        this.#answer(context.req.raw, context.env, false, (request, login) =>
          answer(request, login, context.env),
        ),
      );
    reads(`${API}/events`, (request) => this.#events(request));
    reads(`${API}/export`, (request, login) => this.#export(request, login));
    reads(`${API}/openapi.json`, (request) =>
      jsonReply(request, 200, openApi(ROUTES, this.#parts.settings.title, this.#parts.version)),
    );
    reads("/metrics", (request) => this.#metrics(request));
    router.get("/livez", () => plain(200, "ok\n"));
    router.get("/readyz", () => this.#ready());
    router.get(
      "/assets/:name",
      (context) => this.#parts.assets.reply(context.req.param("name")) ?? plain(404, "no such file\n"),
    );
    router.all(`${API}/*`, (context) =>
      this.#answer(context.req.raw, context.env, false, () => {
        throw new Refusal(404, "SUNBEAT_OPTION_INVALID", "no such route: /api/v1/openapi.json lists them");
      }),
    );
    reads("*", (request, _, peer) =>
      this.#parts.assets.page(this.#baseOf(request, peer), this.#parts.settings),
    );
    router.all("*", () => plain(405, "only GET\n", { allow: "GET" }));
  }

  async #answer(
    request: Request,
    peer: Peer,
    isChange: boolean,
    answer: (request: Request, login: Login) => Promise<Response> | Response,
  ): Promise<Response> {
    const { settings, hosts } = this.#parts;
    try {
      checkHost(request, hosts, settings);
      const login = await this.#logins.of(request, peer);
      if (login instanceof Response) return login;
      if (isChange) checkOrigin(request, login, this.#logins, settings);
      const operator = {
        by: login.access.user,
        via: login.isBearer ? ("api" as const) : ("dashboard" as const),
        from: peer.address ?? "",
      };
      const response = await actingAs(operator, async () => answer(request, login));
      if (login.cookie !== null) response.headers.append("set-cookie", login.cookie);
      return response;
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #failed(request: Request, error: unknown): Response {
    const refusal = refusalOf(error);
    if (refusal !== null) return problemReply(refusal);
    const { logger } = this.#parts.core;
    logger.error(`dashboard: ${request.method} ${new URL(request.url).pathname} failed: ${messageOf(error)}`);
    return problemReply(
      new Refusal(500, "SUNBEAT_USAGE", "this failed here: the log of the dashboard says why"),
    );
  }

  async #run(
    route: Route,
    request: Request,
    login: Login,
    params: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const { settings, core } = this.#parts;
    const { access } = login;
    const can = (right: Right): boolean => may(access, right, settings.readOnly);
    if (!can(route.right)) throw notAllowed(access, route.right, settings.readOnly);
    const query = readFields(route.query, queryOf(request), "query");
    const body = route.body === null ? {} : readFields(route.body, await bodyOf(request), "body");
    const call: Call = {
      ...this.#desk,
      ...{ access, params, query, body, can },
      csrf: this.#logins.csrfOf(access),
      ifMatch: request.headers.get("if-match"),
    };
    const tooLong = (): Refusal =>
      new Refusal(
        503,
        "SUNBEAT_STORE_TIMEOUT",
        `no answer within ${REQUEST_MS / 1_000} s: ask for less, or later`,
      );
    const work = (): Promise<unknown> => within(core.clock, REQUEST_MS, route.run(call), tooLong);
    return jsonReply(request, route.status, await (route.isSearch ? this.#searching(work) : work()));
  }

  async #searching<T>(work: () => Promise<T>): Promise<T> {
    if (this.#searches >= MOST_SEARCHES) {
      const message = `${MOST_SEARCHES} searches are going on: try again`;
      throw new Refusal(429, "SUNBEAT_OPTION_INVALID", message, { "retry-after": "1" });
    }
    this.#searches++;
    try {
      return await work();
    } finally {
      this.#searches--;
    }
  }

  #events(request: Request): Response {
    const { last, overview } = readFields(
      { last: optional(text()), overview: optional(choice(["1"])) },
      queryOf(request),
      "query",
    );
    const lastId = request.headers.get("last-event-id") ?? last ?? null;
    return this.#hub.open(lastId, overview === "1", request.signal);
  }

  #export(request: Request, { access }: Login): Response {
    const { format = "csv", ...wanted } = readFields(
      { ...EXPORT_QUERY, format: optional(choice(FORMATS)) },
      queryOf(request),
      "query",
    );
    return exportReply({ ...this.#desk, access }, wanted, format);
  }

  async #metrics(request: Request): Promise<Response> {
    const isOpen = /application\/openmetrics-text/.test(request.headers.get("accept") ?? "");
    const type = isOpen
      ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
      : "text/plain; version=0.0.4; charset=utf-8";
    const body = await this.#parts.core.metrics.system({ format: isOpen ? "openmetrics" : "prometheus" });
    return new Response(body, {
      headers: { "content-type": type, "cache-control": "no-store", ...SECURITY },
    });
  }

  async #ready(): Promise<Response> {
    const { lazyStore: store, clock } = this.#parts.core;
    const silent = (): Refusal => new Refusal(503, "SUNBEAT_STORE_TIMEOUT", "the store does not answer");
    try {
      await within(clock, 2_000, store.now(), silent);
      return plain(200, "ok\n");
    } catch {
      return plain(503, "the store does not answer\n");
    }
  }

  /** Without the path below which it is mounted, where the host has left that in. */
  #belowBase(request: Request): Request {
    const base = this.#parts.settings.basePath ?? "";
    const url = new URL(request.url);
    if (base === "" || (url.pathname !== base && !url.pathname.startsWith(`${base}/`))) return request;
    url.pathname = url.pathname.slice(base.length) || "/";
    return new Request(url, request);
  }

  /** Where the dashboard is: a path, or, where nobody has told it, as many steps up as this page is below it. */
  #baseOf(request: Request, { mount }: Peer): string {
    const { basePath, trustProxy } = this.#parts.settings;
    const forwarded = trustProxy ? request.headers.get("x-forwarded-prefix") : null;
    const base = basePath ?? mount ?? forwarded?.replace(/\/$/, "") ?? null;
    if (base !== null && /^(\/[\w.~-]+)*$/.test(base)) return `${base}/`;
    const depth = new URL(request.url).pathname.split("/").length - 2;
    return depth <= 0 ? "./" : "../".repeat(depth);
  }
}

function queryOf(request: Request): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  const { searchParams } = new URL(request.url);
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name);
    query[name] = values.length === 1 ? values[0] : values;
  }
  return query;
}

async function bodyOf(request: Request): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > MOST_BODY) {
      throw new Refusal(413, "SUNBEAT_PAYLOAD_TOO_LARGE", `expected a body of at most ${MOST_BODY} bytes`);
    }
    chunks.push(chunk as Uint8Array);
  }
  const given = Buffer.concat(chunks).toString("utf8");
  if (given === "") return {};
  try {
    return JSON.parse(given) as unknown;
  } catch {
    throw new Refusal(400, "SUNBEAT_OPTION_INVALID", "expected a body of JSON");
  }
}

function notAllowed({ role, user }: Access, right: Right, readOnly: boolean): Refusal {
  const why = readOnly
    ? "this dashboard is read-only"
    : `${user} is ${role}, and this takes the right "${right}"`;
  return new Refusal(403, "SUNBEAT_CONTROL_REFUSED", why);
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      ...SECURITY,
      ...headers,
    },
  });
}
