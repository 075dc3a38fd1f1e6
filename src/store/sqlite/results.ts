import type { Results } from "../contracts/results.js";
import { putResult, told, updateResult } from "../rules/results.js";
import type { Connection } from "./connection.js";
import type { Hub } from "./hub.js";
import type { Looks } from "./looks.js";

export function sqliteResults(connection: Connection, hub: Hub, looks: Looks): Results {
  return {
    get: (ids) => connection.read((step) => ids.map((id) => told(step, id).record)),

    async wait(id, signal) {
      // Waiting begins before the look, so a result that comes between the two is not missed.
      const waiting = hub.awaitResult(id, signal);
      try {
        const { moves } = looks;
        const first = await connection.read((step) => told(step, id));
        if (first.isOver) return first.record;
        const looking = looks.begin(first, moves, () => connection.read((step) => told(step, id)));
        try {
          return await Promise.race([looking.ended, waiting.outcome]);
        } finally {
          looking.end();
        }
      } finally {
        waiting.end();
      }
    },

    update: (ref, record, ttlMs) => connection.write((step) => updateResult(step, ref, record, ttlMs)),

    put: (id, record, ttlMs) => connection.write((step) => putResult(step, id, record, ttlMs)),

    async forget(ids) {
      await connection.writeEach(ids, (step, id) => step.results.drop(id));
    },
  };
}
