import type { Logger } from "../../core/logger.js";
import { quote } from "../../core/quote.js";

/** Warns of two programs that give a lock two capacities. `before`: the capacity before this request; null: no lock. */
export function noteCapacity(logger: Logger, lock: string, before: number | null, capacity: number): void {
  if (before === null || before === capacity) return;
  logger.warn(`lock ${quote(lock)}: its capacity is now ${capacity} and was ${before}`);
}
