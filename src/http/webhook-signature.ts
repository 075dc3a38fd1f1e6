/**
 * Signatures by Standard Webhooks (https://www.standardwebhooks.com), version 1: HMAC-SHA-256 over id, time and body. A
 * receiver knows by them who sent a body and when; the id is the same whenever the same thing is sent again.
 */
import { createHmac } from "node:crypto";
import type { EpochMs } from "../core/clock.js";

/** What is signed. */
export interface WebhookMessage {
  /** Receivers drop doubles by it. */
  readonly id: string;
  readonly at: EpochMs;
  /** The bytes, as they are sent. */
  readonly body: Uint8Array;
}

export type WebhookHeaders = Readonly<
  Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>
>;

/** With a signature by each key: while a secret changes, whoever has the old one or the new one can check it. */
export function webhookHeaders(
  { id, at, body }: WebhookMessage,
  keys: readonly Uint8Array[],
): WebhookHeaders {
  const shownId = idOf(id);
  const seconds = String(Math.floor(at / 1_000));
  const signatures = keys.map((key) => {
    const mac = createHmac("sha256", key).update(`${shownId}.${seconds}.`).update(body);
    return `v1,${mac.digest("base64")}`;
  });
  return {
    "webhook-id": shownId,
    "webhook-timestamp": seconds,
    "webhook-signature": signatures.join(" "),
  };
}

/** Ids of tasks may have any character that prints, and a header has ASCII: other characters are escaped as in a URL. */
function idOf(id: string): string {
  return id.replaceAll(/[^!-~]+/gu, (characters) => encodeURIComponent(characters));
}
