/** How a worker or a beat is a part of a node. */
export interface NodeLink {
  /** The name that it has from now on. Rejects with SUNBEAT_NODE_NAME_TAKEN, and with nothing else. */
  claim(): Promise<string>;
  /** State, queues or concurrency are others than before. */
  changed(): void;
  /** It has ended. Never rejects; bounded. */
  left(reason: string): Promise<void>;
}
