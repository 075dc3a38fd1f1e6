import { StoreError } from "../core/errors.js";

/** No answer came in time; it may still come. */
export function lateAnswer(what: string): StoreError {
  return new StoreError(
    "SUNBEAT_STORE_TIMEOUT",
    `the store has not answered to "${what}" of a lock in time`,
    {
      retryable: true,
      details: { what },
    },
  );
}
