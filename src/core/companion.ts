/** What lives as long as a worker or a beat does, and may fail without them: the watch, a health port. */
export interface Companion {
  /** Never throws, and holds up nothing. */
  start(): void;
  /** Within 2 s; never rejects. */
  stop(): Promise<void>;
}
