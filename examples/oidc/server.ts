/**
 * The dashboard behind a login with OpenID Connect: the authorization code flow with PKCE, against any provider that has a discovery
 * document (Keycloak, Entra ID, Google, Okta). The ID token is the session: each request verifies its signature, issuer, audience and age.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";
import type { Sunbeat } from "sunbeat";
import { type Access, dashboard } from "sunbeat/dashboard";

export interface OidcOptions {
  /** As the provider names itself: "https://login.example.org/realms/ops". */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Under which browsers reach this server; `<origin>/callback` is registered with the provider. */
  readonly origin: string;
  /** What somebody may do; null: nothing. */
  readonly accessOf: (claims: JWTPayload) => Access | null;
}

interface Provider {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
}

const [SESSION, LOGIN] = ["ops-session", "ops-login"] as const;
const BOUND_MS = 10_000;

export async function oidcDashboard(app: Sunbeat, options: OidcOptions) {
  const { issuer, clientId, clientSecret, origin, accessOf } = options;
  const found = await fetch(`${issuer}/.well-known/openid-configuration`, bounded());
  const provider = (await found.json()) as Provider;
  if (provider.issuer !== issuer) throw new Error(`expected the provider ${issuer}, got ${provider.issuer}`);
  const keys = createRemoteJWKSet(new URL(provider.jwks_uri));
  const verify = async (token: string): Promise<JWTPayload> =>
    (await jwtVerify(token, keys, { issuer, audience: clientId, requiredClaims: ["exp", "sub"] })).payload;

  const login = (): Response => {
    const [state, nonce, verifier] = [random(), random(), random()];
    const to = new URL(provider.authorization_endpoint);
    to.search = new URLSearchParams({
      response_type: "code",
      scope: "openid email",
      client_id: clientId,
      redirect_uri: `${origin}/callback`,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state,
      nonce,
    }).toString();
    return redirect(to.href, cookie(LOGIN, `${state}.${nonce}.${verifier}`, 600));
  };

  const callback = async (request: Request): Promise<Response> => {
    const asked = new URL(request.url).searchParams;
    const [state = "", nonce = "", verifier = ""] = (cookieOf(request, LOGIN) ?? "").split(".");
    // Whoever comes with a code that was not asked for from this browser is not logged in by it.
    if (state === "" || !isSame(asked.get("state") ?? "", state)) return refused("begin the login again");
    const answer = await fetch(provider.token_endpoint, {
      ...bounded(),
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: asked.get("code") ?? "",
        redirect_uri: `${origin}/callback`,
        client_id: clientId,
        client_secret: clientSecret,
        code_verifier: verifier,
      }),
    });
    if (!answer.ok) return refused("the provider did not take the code");
    const { id_token: token } = (await answer.json()) as { readonly id_token: string };
    const claims = await verify(token).catch(() => null);
    if (claims === null || !isSame(String(claims["nonce"]), nonce))
      return refused("the ID token is not valid");
    const lastsMs = claims.exp! * 1_000 - Date.now();
    return redirect("/ops/", cookie(LOGIN, "", 0), cookie(SESSION, token, Math.floor(lastsMs / 1_000)));
  };

  const pages = dashboard(app, {
    basePath: "/ops",
    resolveAccess: async (request) => {
      const claims = await verify(cookieOf(request, SESSION) ?? "").catch(() => null);
      const access = claims === null ? null : accessOf(claims);
      if (access !== null) return access;
      if (claims !== null) return refused("this user may not see the dashboard");
      // A page goes to the login; what it asks for in the background cannot.
      return request.headers.get("sec-fetch-mode") === "navigate"
        ? login()
        : new Response(null, { status: 401 });
    },
  });

  return {
    handle: (request: Request): Promise<Response> =>
      new URL(request.url).pathname === "/callback" ? callback(request) : pages(request),
    close: () => pages.close(),
  };
}

const bounded = () => ({ signal: AbortSignal.timeout(BOUND_MS) });
const random = (): string => randomBytes(32).toString("base64url");
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

function cookieOf(request: Request, name: string): string | null {
  const all = (request.headers.get("cookie") ?? "").split(/; */);
  return all.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** Lax: it comes along when the provider sends the browser back. */
const cookie = (name: string, value: string, seconds: number): string =>
  `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Lax`;

function redirect(location: string, ...cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  for (const each of cookies) headers.append("set-cookie", each);
  return new Response(null, { status: 302, headers });
}

const refused = (why: string): Response => new Response(why, { status: 403 });
