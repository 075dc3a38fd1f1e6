/** The example of a login with OpenID Connect, against a provider of the test's own. */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oidcDashboard } from "../../examples/oidc/server.js";

import { Sunbeat } from "sunbeat";

const ORIGIN = "https://ops.example.org";
const CLIENT = { clientId: "sunbeat", clientSecret: "hush" };

/** One user, who agrees to everything. */
class Provider {
  issuer = "";
  claims: Record<string, unknown> = {};
  audience = CLIENT.clientId;
  /** Signs with a key that it does not publish. */
  isForged = false;
  readonly #keys = Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  readonly #codes = new Map<string, { readonly challenge: string; readonly nonce: string }>();
  readonly #server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      void this.#answer(request.url ?? "", new URLSearchParams(body)).then((answer) => {
        const status = answer === null ? 400 : 200;
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
      });
    });
  });

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Where it would send the browser back to. */
  agree(location: string): string {
    const asked = new URL(location).searchParams;
    const code = `code-${this.#codes.size}`;
    this.#codes.set(code, { challenge: asked.get("code_challenge")!, nonce: asked.get("nonce")! });
    return `${asked.get("redirect_uri")!}?code=${code}&state=${asked.get("state")!}`;
  }

  async #answer(path: string, form: URLSearchParams): Promise<unknown> {
    const { issuer } = this;
    const [published, own] = await this.#keys;
    if (path === "/keys")
      return { keys: [{ ...(await exportJWK(published.publicKey)), kid: "1", alg: "ES256" }] };
    if (path === "/.well-known/openid-configuration") {
      const [authorization_endpoint, token_endpoint] = [`${issuer}/authorize`, `${issuer}/token`];
      return { issuer, authorization_endpoint, token_endpoint, jwks_uri: `${issuer}/keys` };
    }
    const asked = this.#codes.get(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (asked?.challenge !== challenge || form.get("client_secret") !== CLIENT.clientSecret) return null;
    const token = new SignJWT({ nonce: asked.nonce, ...this.claims })
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setIssuer(issuer)
      .setSubject("42")
      .setAudience(this.audience)
      .setExpirationTime("1h");
    return { id_token: await token.sign((this.isForged ? own : published).privateKey) };
  }
}

let provider: Provider;
let app: Sunbeat;
let server: Awaited<ReturnType<typeof oidcDashboard>>;

beforeAll(() => void (app = new Sunbeat("shop", { broker: "memory:", logger: null })));
beforeEach(async () => {
  provider = new Provider();
  await provider.open();
  server = await oidcDashboard(app, {
    ...{ issuer: provider.issuer, ...CLIENT, origin: ORIGIN },
    accessOf: ({ email, groups }) =>
      typeof email === "string"
        ? { user: email, role: String(groups).includes("ops") ? "operator" : "viewer" }
        : null,
  });
  return async () => {
    await server.close();
    provider.close();
  };
});
afterAll(() => app.close());

const get = (address: string, cookies: readonly string[] = [], mode = "navigate"): Promise<Response> =>
  server.handle(
    new Request(new URL(address, ORIGIN), {
      headers: { cookie: cookies.map((each) => each.split(";")[0]!).join("; "), "sec-fetch-mode": mode },
    }),
  );

async function logIn(): Promise<Response> {
  const sent = await get("/ops/");
  expect(sent.status).toBe(302);
  return get(provider.agree(sent.headers.get("location")!), sent.headers.getSetCookie());
}

test("whoever the provider vouches for is let in, as the user and with the role that the claims say", async () => {
  provider.claims = { email: "ann@example.org", groups: ["ops"] };
  const back = await logIn();
  expect([back.status, back.headers.get("location")]).toEqual([302, "/ops/"]);
  const session = back.headers.getSetCookie();
  expect((await get("/ops/", session)).status).toBe(200);
  const me = await get("/ops/api/v1/me", session, "cors");
  expect(await me.json()).toMatchObject({ user: "ann@example.org", role: "operator" });
});

test("without a session a page goes to the login, and what it asks for in the background is refused", async () => {
  expect((await get("/ops/tasks")).headers.get("location")).toContain(`${provider.issuer}/authorize?`);
  expect((await get("/ops/api/v1/me", [], "cors")).status).toBe(401);
});

describe("nobody is let in", () => {
  test.each<[reason: string, change: () => void]>([
    ["by a key that the provider does not publish", () => (provider.isForged = true)],
    ["by a token for another client", () => (provider.audience = "another")],
    ["by a token that was issued for another login", () => (provider.claims["nonce"] = "other")],
  ])("%s", async (_, change) => {
    provider.claims = { email: "ann@example.org" };
    change();
    const back = await logIn();
    expect([back.status, back.headers.getSetCookie()]).toEqual([403, []]);
  });

  test("by a code that this browser has not asked for", async () => {
    const [mine, other] = [await get("/ops/"), await get("/ops/")];
    const back = await get(provider.agree(other.headers.get("location")!), mine.headers.getSetCookie());
    expect(back.status).toBe(403);
    expect((await get(provider.agree(mine.headers.get("location")!))).status).toBe(403);
  });

  test("whom the claims give no access", async () => {
    const session = (await logIn()).headers.getSetCookie();
    expect((await get("/ops/", session)).status).toBe(403);
  });

  test("by a session that somebody wrote himself", async () => {
    const answer = await get("/ops/api/v1/me", ["ops-session=eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9."], "cors");
    expect(answer.status).toBe(401);
  });
});
