/** What a request must be before anybody looks at what it asks for: by a known name, and, where it changes something, from our own page. */
import { Refusal } from "./problem.js";
import type { DashboardSettings } from "./options.js";
import type { Login, Logins } from "./login.js";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"] as const;
export const CSRF_HEADER = "sunbeat-csrf";

/** `Host` by a name that is ours: a page elsewhere cannot make its own name lead here. `null` in `hosts`: any. */
export function checkHost(
  request: Request,
  hosts: readonly string[] | null,
  settings: DashboardSettings,
): void {
  if (hosts === null) return;
  const host = hostOf(request, settings);
  const name = host.replace(/:\d+$/, "");
  if ([...LOOPBACK, ...hosts].includes(name) || hosts.includes(host)) return;
  const message = `expected a host by which this dashboard is known, got ${name.slice(0, 100)}: name it in allowedHosts, or with --allowed-host`;
  throw new Refusal(421, "SUNBEAT_CONTROL_REFUSED", message);
}

/** Of a request that changes something. */
export function checkOrigin(
  request: Request,
  login: Login,
  logins: Logins,
  settings: DashboardSettings,
): void {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal(415, "SUNBEAT_OPTION_INVALID", "expected a body of type application/json");
  }
  if (login.isBearer) return;
  const site = request.headers.get("sec-fetch-site");
  const isSame = site === null ? hasOwnOrigin(request, settings) : site === "same-origin";
  if (!isSame)
    throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", "expected a request from a page of this dashboard");
  if (!logins.isCsrf(login.access, request.headers.get(CSRF_HEADER))) {
    const message = `expected the header ${CSRF_HEADER} that /api/v1/me gives, or a bearer token`;
    throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", message);
  }
}

function hasOwnOrigin(request: Request, settings: DashboardSettings): boolean {
  const origin = request.headers.get("origin");
  return origin !== null && URL.canParse(origin) && new URL(origin).host === hostOf(request, settings);
}

function hostOf(request: Request, { trustProxy }: DashboardSettings): string {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-host") : null;
  return (forwarded ?? request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
}
