/** What operators ask of queues. */

export interface QueueCounts {
  readonly queue: string;
  readonly ready: number;
  readonly scheduled: number;
  readonly leased: number;
  readonly dead: number;
  /** By their locks; absent: none. */
  readonly blocked?: number;
}

export interface Queues {
  /** Every queue that holds something, by name. */
  counts(): Promise<QueueCounts[]>;
  /**
   * Drops what waits (ready, scheduled and blocked) in these queues, without results, and the records of their earlier tries;
   * gives the number dropped.
   */
  purge(queues: readonly string[]): Promise<number>;
}
