/** `sunbeat/dashboard`: the dashboard as a handler of requests, for whatever serves HTTP. */
import { coreOf, Sunbeat } from "../app/index.js";
import { assertKnownKeys, invalidOption } from "../core/options.js";
import { openDashboard } from "./open.js";
import type { DashboardOptions } from "./options.js";
import { getRequestListener } from "./vendor.js";
import { NO_PEER, type Peer, type WebRequest, type WebResponse } from "./web.js";

export type { Access, Right, Role } from "./access.js";
export type { DashboardOptions, FormatContext, ResolveAccess } from "./options.js";

/** Answers a request of the platform; `peer` is given by `toNodeListener`. */
export interface DashboardHandler {
  (request: WebRequest, peer?: unknown): Promise<WebResponse>;
  /** Ends streams, jobs, and, of `{ broker }`, the app that was made for it. */
  close(): Promise<void>;
}

/**
 * The dashboard of an app, or of a broker alone: then no code of tasks is needed, what must be signed is refused, and sealed values show as
 * sealed. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_BROKER_URL_INVALID.
 */
export function dashboard(
  source: Sunbeat | { readonly broker: string },
  options: DashboardOptions = {},
): DashboardHandler {
  const isApp = source instanceof Sunbeat;
  if (!isApp) assertKnownKeys(source, ["broker"], "dashboard: source");
  const app = isApp ? source : new Sunbeat("dashboard", { broker: source.broker });
  const { handle, close } = openDashboard(coreOf(app), options, null);
  return Object.assign(
    (request: WebRequest, peer?: unknown) => handle(request, isPeer(peer) ? peer : NO_PEER),
    {
      close: async (): Promise<void> => {
        close();
        if (!isApp) await app.close();
      },
    },
  );
}

/**
 * A listener for `node:http`, Express, Fastify and Koa. Express tells where it is mounted; others say so by `basePath`, or by a path
 * that ends with a slash. Code: SUNBEAT_OPTION_INVALID.
 */
export function toNodeListener(handler: DashboardHandler): (request: object, response: object) => void {
  if (typeof handler !== "function")
    throw invalidOption("toNodeListener: handler", "what dashboard() gave", handler);
  const listen = getRequestListener((request, env) => handler(request, peerOf(env)), {
    overrideGlobalObjects: false,
  });
  return listen as unknown as (request: object, response: object) => void;
}

interface Env {
  readonly incoming: {
    readonly baseUrl?: unknown;
    readonly socket?: { readonly remoteAddress?: string | undefined };
  };
}

const isPeer = (value: unknown): value is Peer =>
  typeof value === "object" && value !== null && "address" in value && "mount" in value;

function peerOf({ incoming }: Env): Peer {
  const { baseUrl, socket } = incoming;
  return {
    address: socket?.remoteAddress ?? null,
    mount: typeof baseUrl === "string" && baseUrl !== "" ? baseUrl : null,
  };
}
