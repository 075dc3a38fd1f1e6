/** Who did what, in the order in which it was done. */
export const AUDIT_TABLE = `
  CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    via TEXT NOT NULL,
    came_from TEXT NOT NULL,
    verb TEXT NOT NULL,
    target TEXT NOT NULL,
    args TEXT NOT NULL,
    outcome TEXT NOT NULL
  );`;
