/** Who asks. A host says so by `resolveAccess`; the program `sunbeat dashboard` has doors of its own. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { whoWeAre } from "../control/index.js";
import type { Clock } from "../core/clock.js";
import { assertKnownKeys, booleanOption, choiceOption, invalidOption, nameOption } from "../core/options.js";
import { type Access, type Right, RIGHT_NAMES, ROLES } from "./access.js";
import type { DashboardSettings } from "./options.js";
import type { Users } from "./passwords.js";
import { Refusal } from "./problem.js";
import type { Peer } from "./web.js";

/** Of a program that listens by itself. */
export interface Doors {
  /** It listens on this machine alone, and has no other door: whoever reaches it may do all. */
  readonly isLoopback: boolean;
  readonly users: Users | null;
  /** At least 32 characters: for programs, as admin. */
  readonly token: string | null;
}

export interface Login {
  readonly access: Access;
  /** By a bearer token, which no page of another origin can have a browser send. */
  readonly isBearer: boolean;
  /** A cookie that the answer is to set. */
  readonly cookie: string | null;
}

const COOKIE = "sunbeat-session";
const COOKIE_MS = 8 * 3_600_000;
const FAILURES_A_MINUTE = 5;
const MOST_PEERS = 10_000;

interface Failures {
  readonly since: number;
  count: number;
}

export class Logins {
  readonly #settings: Pick<DashboardSettings, "resolveAccess" | "trustProxy">;
  readonly #doors: Doors | null;
  readonly #secret: string;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(deps: {
    readonly settings: Pick<DashboardSettings, "resolveAccess" | "trustProxy">;
    readonly doors: Doors | null;
    readonly secret: string;
    readonly clock: Clock;
  }) {
    this.#settings = deps.settings;
    this.#doors = deps.doors;
    this.#secret = deps.secret;
    this.#clock = deps.clock;
  }

  /** A response: what the host answers instead. Throws a refusal. */
  async of(request: Request, peer: Peer): Promise<Login | Response> {
    const { resolveAccess } = this.#settings;
    if (this.#doors !== null) return this.#atDoors(this.#doors, request, peer);
    if (resolveAccess === "open") return byHost({ user: "somebody", role: "admin" });
    if (resolveAccess === null) {
      const message =
        "this dashboard is mounted without resolveAccess, so it lets nobody in: give a function that says who asks, " +
        'or "open" where the host guards the path';
      throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", message);
    }
    const found = await resolveAccess(request);
    return found instanceof Response ? found : byHost(checkedAccess(found));
  }

  /** What a page sends with each change, so that no other origin can: bound to the user, without a state of ours. */
  csrfOf({ user }: Access): string {
    return this.#sign(`csrf ${user}`);
  }

  isCsrf(access: Access, given: string | null): boolean {
    return given !== null && isEqual(given, this.csrfOf(access));
  }

  async #atDoors(doors: Doors, request: Request, peer: Peer): Promise<Login> {
    const { isLoopback, users, token } = doors;
    if (isLoopback && users === null && token === null) return byHost({ user: whoWeAre(), role: "admin" });
    const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(" ");
    const from = this.#addressOf(request, peer);
    if (/^bearer$/i.test(scheme) && token !== null) {
      this.#refuseMany(from);
      if (isEqual(credentials, token)) {
        return { access: { user: "token", role: "admin" }, isBearer: true, cookie: null };
      }
      throw this.#failed(from, users !== null);
    }
    const known = this.#byCookie(request.headers.get("cookie"));
    if (known !== null) return { access: known, isBearer: false, cookie: null };
    if (/^basic$/i.test(scheme) && users !== null) {
      this.#refuseMany(from);
      const [name = "", ...rest] = Buffer.from(credentials, "base64").toString("utf8").split(":");
      const user = await users.check(name, rest.join(":"));
      if (user === null) throw this.#failed(from, true);
      const access: Access = { user: user.name, role: user.role };
      return { access, isBearer: false, cookie: this.#cookieOf(access, isSecure(request, this.#settings)) };
    }
    throw unauthorized(users !== null);
  }

  #byCookie(header: string | null): Access | null {
    const value = (header ?? "")
      .split(";")
      .map((part) => part.trim())
      .find((part) => part.startsWith(`${COOKIE}=`))
      ?.slice(COOKIE.length + 1);
    const [payload = "", signature = ""] = (value ?? "").split(".");
    if (value === undefined || !isEqual(signature, this.#sign(`cookie ${payload}`))) return null;
    const { user, role, until } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Access & {
      readonly until: number;
    };
    return until > this.#clock.now() ? { user, role } : null;
  }

  #cookieOf({ user, role }: Access, secure: boolean): string {
    const until = this.#clock.now() + COOKIE_MS;
    const payload = Buffer.from(JSON.stringify({ user, role, until })).toString("base64url");
    const value = `${payload}.${this.#sign(`cookie ${payload}`)}`;
    const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_MS / 1_000}${secure ? "; Secure" : ""}`;
    return `${COOKIE}=${value}; ${attributes}`;
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#secret).update(text).digest("base64url");
  }

  #addressOf(request: Request, peer: Peer): string {
    const forwarded = this.#settings.trustProxy ? request.headers.get("x-forwarded-for") : null;
    return forwarded?.split(",").at(-1)?.trim() ?? peer.address ?? "unknown";
  }

  #refuseMany(from: string): void {
    const failures = this.#failures.get(from);
    if (failures === undefined) return;
    const sinceMs = this.#clock.monotonicMs() - failures.since;
    if (sinceMs >= 60_000) this.#failures.delete(from);
    else if (failures.count >= FAILURES_A_MINUTE) {
      const waitS = Math.ceil((60_000 - sinceMs) / 1_000);
      const message = `${FAILURES_A_MINUTE} wrong logins within a minute from here: try again in ${waitS} s`;
      throw new Refusal(429, "SUNBEAT_CONTROL_REFUSED", message, { "retry-after": String(waitS) });
    }
  }

  #failed(from: string, hasUsers: boolean): Refusal {
    const failures = this.#failures.get(from) ?? { since: this.#clock.monotonicMs(), count: 0 };
    failures.count++;
    if (this.#failures.size >= MOST_PEERS) this.#failures.delete(this.#failures.keys().next().value!);
    this.#failures.set(from, failures);
    return unauthorized(hasUsers);
  }
}

function byHost(access: Access): Login {
  return { access, isBearer: false, cookie: null };
}

function unauthorized(hasUsers: boolean): Refusal {
  const scheme = hasUsers ? 'Basic realm="sunbeat", charset="UTF-8"' : "Bearer";
  return new Refusal(401, "SUNBEAT_CONTROL_REFUSED", "log in to see this", { "www-authenticate": scheme });
}

/** What a host gave. Throws SUNBEAT_OPTION_INVALID: a mistake there lets nobody in. */
function checkedAccess(given: Access): Access {
  assertKnownKeys(given, ["user", "role", "can", "args", "results"], "resolveAccess");
  const { user, role, can, args, results } = given;
  if (can !== undefined && !Array.isArray(can))
    throw invalidOption("resolveAccess: can", "a list of rights", can);
  return {
    user: nameOption(user, "resolveAccess: user"),
    role: choiceOption(role, "resolveAccess: role", ROLES),
    can: can?.map((right) => choiceOption<Right>(right, "resolveAccess: can", RIGHT_NAMES)),
    args: args === undefined ? undefined : booleanOption(args, "resolveAccess: args"),
    results: results === undefined ? undefined : booleanOption(results, "resolveAccess: results"),
  };
}

function isSecure(request: Request, { trustProxy }: Pick<DashboardSettings, "trustProxy">): boolean {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-proto") : null;
  return forwarded === null ? request.url.startsWith("https:") : forwarded === "https";
}

/** In a time that does not tell how much of it is right. */
function isEqual(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHmac("sha256", "equal").update(text).digest());
  return timingSafeEqual(one!, other!);
}
