import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { webhookHeaders } from "../../src/http/webhook-signature.js";

/** The receiving side, written from the text of the standard and not from the code that signs. */
function isSigned(headers: Readonly<Record<string, string>>, body: string, secret: string): boolean {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = [headers["webhook-id"], headers["webhook-timestamp"], body].join(".");
  const wanted = createHmac("sha256", key).update(signed, "utf8").digest();
  return headers["webhook-signature"]!.split(" ").some((one) => {
    const [version, signature = ""] = one.split(",");
    const given = Buffer.from(signature, "base64");
    return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

test("the published vector of Standard Webhooks", () => {
  const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  const message = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    at: 1_614_265_330_000,
    body: Buffer.from('{"test": 2432232314}'),
  };
  expect(webhookHeaders(message, [key])).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("whoever has one of the keys can check it, and nobody else", () => {
  const [old, current, foreign] = [1, 2, 3].map(() => randomBytes(32));
  const headers = webhookHeaders({ id: "t1", at: 1_700_000_000_999, body: Buffer.from("é") }, [
    current!,
    old!,
  ]);
  expect(headers["webhook-timestamp"]).toBe("1700000000");
  expect([old, current, foreign].map((key) => isSigned(headers, "é", key!.toString("base64")))).toEqual([
    true,
    true,
    false,
  ]);
});

test("every id, time and body is signed so that it can be checked, and no other", () => {
  const key = randomBytes(24);
  const secret = `whsec_${key.toString("base64")}`;
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.nat({ max: 4e12 }),
      fc.string({ unit: "grapheme" }),
      (id, at, body) => {
        const headers = webhookHeaders({ id, at, body: Buffer.from(body) }, [key]);
        expect(headers["webhook-id"]).toMatch(/^[!-~]+$/);
        expect(isSigned(headers, body, secret)).toBe(true);
        expect(isSigned(headers, `${body} `, secret)).toBe(false);
        expect(isSigned({ ...headers, "webhook-timestamp": "1" }, body, secret)).toBe(false);
        expect(isSigned({ ...headers, "webhook-id": "other" }, body, secret)).toBe(id === "other");
      },
    ),
    { numRuns: 100 },
  );
});
