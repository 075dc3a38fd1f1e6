// No lock can stop code that was paused. Its fence can: the row keeps the greatest one and refuses those before it.
import { DatabaseSync } from "@photostructure/sqlite";
import { Sunbeat } from "sunbeat";

const db = new DatabaseSync(":memory:");
db.exec("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)");
db.exec("INSERT INTO account VALUES (1, 100)");

// once, for each table that a lock guards
db.exec("ALTER TABLE account ADD COLUMN fence BIGINT NOT NULL DEFAULT 0");

const select = db.prepare("SELECT balance FROM account WHERE id = ?");
const update = db.prepare("UPDATE account SET balance = ?, fence = ? WHERE id = ? AND fence <= ?");
const balanceOf = (id: number) => Number((select.get(id) as { balance: number }).balance);
function setBalance(id: number, balance: number, fence: number): void {
  const { changes } = update.run(balance, fence, id, fence);
  if (Number(changes) === 0) throw new Error("somebody else has the ledger by now");
}

const app = new Sunbeat("fence", { broker: "memory:", logger: null });
const ledger = app.locks.mutex("ledger");

const paused = await ledger.acquire();
const seen = balanceOf(1);
// Here its process is stopped for longer than its lease; breaking the permit stands for that.
await app.locks.break("ledger", paused.token);
await ledger.using(({ fence }) => setBalance(1, balanceOf(1) + 50, fence));

// It goes on as if nothing had been, with what it read before.
try {
  setBalance(1, seen - 10, paused.fence);
} catch (error) {
  console.log((error as Error).message);
}
console.log("balance", balanceOf(1));
await app.close();
// prints:
// somebody else has the ledger by now
// balance 150
