/** What the platform calls requests and answers, also where its types are not at hand. */

export type WebRequest = typeof globalThis extends { Request: { prototype: infer Found } } ? Found : object;
export type WebResponse = typeof globalThis extends { Response: { prototype: infer Found } } ? Found : object;

/** Of a request, known to the listener that took it. */
export interface Peer {
  /** Address of who is connected; null: unknown. */
  readonly address: string | null;
  /** Path at which the host has mounted the listener; null: it does not tell. */
  readonly mount: string | null;
}

export const NO_PEER: Peer = { address: null, mount: null };
