/** Options of the dashboard, checked once. */
import {
  assertKnownKeys,
  booleanOption,
  choiceOption,
  integerOption,
  invalidOption,
  nameOption,
  textsOption,
} from "../core/options.js";
import { zone } from "../schedules/index.js";
import type { Access } from "./access.js";
import type { WebRequest, WebResponse } from "./web.js";

export type ResolveAccess = (request: WebRequest) => Access | WebResponse | Promise<Access | WebResponse>;

export interface DashboardOptions {
  /** Path below which it is mounted, such as "/ops". Default: what the listener of Node is mounted at, else what the request shows. */
  readonly basePath?: string | undefined;
  /**
   * Who asks: gives who it is and may do, or an answer instead, such as a way to log in. "open": whoever reaches the path may do all, since
   * the host guards it. Without it a mounted dashboard answers 403 to everything.
   */
  readonly resolveAccess?: ResolveAccess | "open" | undefined;
  /** Signs what a login is known by, at least 32 characters; the same for all dashboards behind one address. Default: random. */
  readonly secret?: string | undefined;
  /** Nobody changes anything. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Default: the name of the app. */
  readonly title?: string | undefined;
  /** The environment, so that nobody takes one for the other. */
  readonly banner?:
    { readonly text: string; readonly tone?: "info" | "warning" | "danger" | undefined } | undefined;
  /** In which times are shown at first. Default: the app's. */
  readonly timezone?: string | undefined;
  /** Links on the page of a task, with `{id}` where its id goes; http or https. */
  readonly links?: readonly { readonly text: string; readonly url: string }[] | undefined;
  /** What nobody sees. */
  readonly hide?: { readonly args?: boolean | undefined; readonly results?: boolean | undefined } | undefined;
  /** Shows a value of a task in another way: gives text. */
  readonly format?: ((value: unknown, context: FormatContext) => string) | undefined;
  /** Pages that are told of changes at once. Default 100. */
  readonly maxClients?: number | undefined;
  /** Hosts by which it is known, beside those of this machine. Default: any, where `resolveAccess` guards it. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Believe `X-Forwarded-Host`, `-Proto`, `-Prefix` and `-For`. Default false. */
  readonly trustProxy?: boolean | undefined;
}

export interface FormatContext {
  readonly what: "args" | "result";
  readonly task: string | null;
  readonly id: string;
}

export interface DashboardSettings {
  readonly basePath: string | null;
  readonly resolveAccess: ResolveAccess | "open" | null;
  readonly secret: string | null;
  readonly readOnly: boolean;
  readonly title: string;
  readonly banner: { readonly text: string; readonly tone: "info" | "warning" | "danger" } | null;
  readonly timezone: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly hide: { readonly args: boolean; readonly results: boolean };
  readonly format: DashboardOptions["format"] | null;
  readonly maxClients: number;
  /** Null: any. */
  readonly allowedHosts: readonly string[] | null;
  readonly trustProxy: boolean;
}

const KNOWN = [
  ...["basePath", "resolveAccess", "secret", "readOnly", "title", "banner", "timezone", "links", "hide"],
  ...["format", "maxClients", "allowedHosts", "trustProxy"],
];

export function resolveDashboard(
  options: DashboardOptions,
  app: { readonly name: string; readonly timezone: string },
): DashboardSettings {
  assertKnownKeys(options, KNOWN, "dashboard");
  const { basePath, resolveAccess, secret, readOnly, title, banner, timezone, links, hide = {} } = options;
  assertKnownKeys(hide, ["args", "results"], "dashboard: hide");
  const { format, maxClients, allowedHosts, trustProxy } = options;
  if (resolveAccess !== undefined && resolveAccess !== "open" && typeof resolveAccess !== "function") {
    throw invalidOption("dashboard: resolveAccess", 'a function, or "open"', resolveAccess);
  }
  if (format !== undefined && typeof format !== "function") {
    throw invalidOption("dashboard: format", "a function", format);
  }
  const flag = (value: boolean | undefined, what: string): boolean =>
    value === undefined ? false : booleanOption(value, `dashboard: ${what}`);
  return {
    basePath: basePath === undefined ? null : pathOption(basePath),
    resolveAccess: resolveAccess ?? null,
    secret: secret === undefined ? null : secretOption(secret),
    readOnly: flag(readOnly, "readOnly"),
    title: title === undefined ? app.name : nameOption(title, "dashboard: title"),
    banner: banner === undefined ? null : bannerOption(banner),
    timezone: timezone === undefined ? app.timezone : zone(timezone).name,
    links: links === undefined ? [] : linksOption(links),
    hide: { args: flag(hide.args, "hide.args"), results: flag(hide.results, "hide.results") },
    format: format ?? null,
    maxClients: integerOption(maxClients ?? 100, "dashboard: maxClients", 1, 10_000),
    allowedHosts:
      allowedHosts === undefined
        ? null
        : textsOption(allowedHosts, "dashboard: allowedHosts").map((host) => host.toLowerCase()),
    trustProxy: flag(trustProxy, "trustProxy"),
  };
}

/** Without the last slash; "" for the root. */
function pathOption(value: unknown): string {
  const path = typeof value === "string" ? value.replace(/\/$/, "") : null;
  if (path === null || !/^(\/[\w.~-]+)*$/.test(path)) {
    throw invalidOption("dashboard: basePath", 'a path such as "/ops"', value);
  }
  return path;
}

function secretOption(value: unknown): string {
  if (typeof value === "string" && value.length >= 32) return value;
  // What came is a secret.
  throw invalidOption(
    "dashboard: secret",
    "at least 32 characters",
    typeof value === "string" ? "fewer" : typeof value,
  );
}

function bannerOption(
  banner: NonNullable<DashboardOptions["banner"]>,
): NonNullable<DashboardSettings["banner"]> {
  assertKnownKeys(banner, ["text", "tone"], "dashboard: banner");
  return {
    text: nameOption(banner.text, "dashboard: banner.text"),
    tone: choiceOption(banner.tone ?? "info", "dashboard: banner.tone", ["info", "warning", "danger"]),
  };
}

function linksOption(links: unknown): DashboardSettings["links"] {
  if (!Array.isArray(links)) throw invalidOption("dashboard: links", "a list of { text, url }", links);
  return links.map((link: { readonly text: string; readonly url: string }) => linkOption(link));
}

function linkOption(link: { readonly text: string; readonly url: string }): {
  readonly text: string;
  readonly url: string;
} {
  assertKnownKeys(link, ["text", "url"], "dashboard: links");
  const url = nameOption(link.url, "dashboard: links.url");
  if (!/^https?:\/\//.test(url))
    throw invalidOption("dashboard: links.url", "an address with http or https", url);
  return { text: nameOption(link.text, "dashboard: links.text"), url };
}
