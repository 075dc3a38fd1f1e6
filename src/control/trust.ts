/** Who may ask nodes to do something. */
import type { ControlError, ControlRequest } from "./wire.js";
import { signedText } from "./wire.js";

/** Signs what this process asks. */
export interface Signer {
  /** "": there is no key. Throws where there are keys, and none to sign with. */
  sign(text: string): string;
}

/** What a node knows of keys. */
export interface Verifier {
  /** Whether there are keys: then what is not signed is refused. */
  readonly requires: boolean;
  /** What is wrong with a signature; null: nothing. */
  flawOf(text: string, signature: string): ControlError | null;
}

export interface Trust {
  readonly verifier: Verifier;
  /** Why a stranger could reach the broker, so that what changes something is refused without keys; null: none could. */
  readonly exposure: string | null;
}

/** Why a request is refused; null: it is not. */
export function refusalOf(
  request: ControlRequest,
  { verifier, exposure }: Trust,
  changes: boolean,
): ControlError | null {
  if (verifier.requires) {
    const { sig } = request;
    if (sig !== undefined) return verifier.flawOf(signedText(request), sig);
    const message =
      "expected a request that is signed, got one that is not; ask with an app that has a key of this node's signing";
    return { code: "SUNBEAT_SIGNATURE_INVALID", message };
  }
  if (!changes || exposure === null) return null;
  return { code: "SUNBEAT_CONTROL_REFUSED", message: exposure };
}
