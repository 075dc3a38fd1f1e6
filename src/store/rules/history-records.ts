/** Records of ended attempts, as a store keeps them. */
export interface HistoryRecords {
  /** A record of the attempt that has ended in this step. */
  add(id: string, entry: string | null, note: string): void;
}
