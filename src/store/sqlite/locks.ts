import type { Logger } from "../../core/logger.js";
import type { LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { acquire, cancel, extendPermit, returnPermit } from "../rules/locks.js";
import type { Connection } from "./connection.js";

export function sqliteLocks(connection: Connection, logger: Logger): LockStore {
  return {
    acquire: (request) =>
      connection.write((step) => {
        noteCapacity(logger, request.lock, step.locks.capacity(request.lock), request.capacity);
        return acquire(step, request);
      }),

    cancel: (lock, waiter) => connection.write((step) => cancel(step, lock, waiter)),

    extend: (permit, leaseMs) => connection.write((step) => extendPermit(step, permit, leaseMs)),

    release: (permit) => connection.write((step) => returnPermit(step, permit)),
  };
}
