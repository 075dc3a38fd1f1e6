/** Answers: JSON with instants as numbers, what it is worth to ask again, and what a browser may do with it. */
import { createHash } from "node:crypto";
import { type Refusal, TITLES } from "./problem.js";

export const SECURITY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** Instants as milliseconds since 1970. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, given: unknown) {
    const own = this[key];
    return own instanceof Date ? own.getTime() : given;
  });
}

/** A read that was asked before and is the same is answered with 304. */
export function jsonReply(request: Request, status: number, value: unknown): Response {
  const body = jsonText(value ?? null);
  const headers: Record<string, string> = {
    ...{ "content-type": "application/json", "cache-control": "no-store" },
    ...SECURITY,
  };
  if (request.method === "GET") {
    const etag = `"${createHash("sha1").update(body).digest("base64url")}"`;
    headers["etag"] = etag;
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  }
  return new Response(body, { status, headers });
}

export function problemReply({ status, code, message, headers }: Refusal): Response {
  const body = { type: "about:blank", title: TITLES[status] ?? "Failed", status, code, detail: message };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...SECURITY,
      ...headers,
    },
  });
}
