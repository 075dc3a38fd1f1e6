/** Why something that came from the store is not taken for what it says. */
export interface Flaw {
  readonly code: "SUNBEAT_SIGNATURE_INVALID" | "SUNBEAT_KEY_UNKNOWN" | "SUNBEAT_MESSAGE_INVALID";
  /** Without a subject: "its signature is wrong". Shows no value and no key. */
  readonly message: string;
}

export const UNSIGNED: Flaw = {
  code: "SUNBEAT_SIGNATURE_INVALID",
  message: "it is not signed, and this app requires that (signing.require)",
};

export function invalid(message: string): Flaw {
  return { code: "SUNBEAT_SIGNATURE_INVALID", message };
}

export function isFlaw(value: unknown): value is Flaw {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}
