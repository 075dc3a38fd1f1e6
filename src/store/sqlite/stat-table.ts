/** Statistics as rows. */
import type { EpochMs } from "../../core/clock.js";
import type { StatStep } from "../contracts/history.js";
import { RINGS, type StatKind, type StatRecords } from "../rules/stats.js";
import type { Transaction } from "./transaction.js";

export const STAT_TABLES = `
  -- Rings of slots, JSON each; at is the instant to which a slot belongs.
  CREATE TABLE IF NOT EXISTS stat_slot (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    step TEXT NOT NULL,
    slot INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, name, step, slot)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stat_name (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  -- The last number that a process has told, and up to which instant a ring is computed.
  CREATE TABLE IF NOT EXISTS stat_boot (
    boot TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stat_rolled (
    step TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `;

function slotOf(step: StatStep, at: EpochMs): number {
  const { stepMs, slots } = RINGS[step];
  return (at / stepMs) % slots;
}

export class StatTable implements StatRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  slot(step: StatStep, at: EpochMs, kind: StatKind, name: string): string | null {
    const row = this.#at.get<{ text: string }>(
      "SELECT text FROM stat_slot WHERE kind = ? AND name = ? AND step = ? AND slot = ? AND at = ?",
      ...[kind, name, step, slotOf(step, at), at],
    );
    return row?.text ?? null;
  }

  put(step: StatStep, at: EpochMs, kind: StatKind, name: string, text: string): void {
    this.#at.run(
      "INSERT OR REPLACE INTO stat_slot (kind, name, step, slot, at, text) VALUES (?, ?, ?, ?, ?, ?)",
      ...[kind, name, step, slotOf(step, at), at, text],
    );
    this.#at.run("UPDATE stat_name SET at = ? WHERE kind = ? AND name = ? AND at < ?", at, kind, name, at);
  }

  names(kind: StatKind): readonly string[] {
    const rows = this.#at.all<{ name: string }>("SELECT name FROM stat_name WHERE kind = ?", kind);
    return rows.map(({ name }) => name);
  }

  addName(kind: StatKind, name: string): void {
    this.#at.run(
      "INSERT OR REPLACE INTO stat_name (kind, name, at) VALUES (?, ?, ?)",
      ...[kind, name, this.#at.now],
    );
  }

  dropNames(before: EpochMs): void {
    const old = this.#at.all<{ kind: StatKind; name: string }>(
      "SELECT kind, name FROM stat_name WHERE at < ?",
      before,
    );
    for (const { kind, name } of old) {
      this.#at.run("DELETE FROM stat_slot WHERE kind = ? AND name = ?", kind, name);
      this.#at.run("DELETE FROM stat_name WHERE kind = ? AND name = ?", kind, name);
    }
  }

  lastNumber(boot: string): number | null {
    return (
      this.#at.get<{ number: number }>("SELECT number FROM stat_boot WHERE boot = ?", boot)?.number ?? null
    );
  }

  setLastNumber(boot: string, number: number): void {
    this.#at.run(
      "INSERT OR REPLACE INTO stat_boot (boot, number, at) VALUES (?, ?, ?)",
      ...[boot, number, this.#at.now],
    );
  }

  dropBoots(before: EpochMs): void {
    this.#at.run("DELETE FROM stat_boot WHERE at < ?", before);
  }

  rolledTo(step: StatStep): EpochMs | null {
    return this.#at.get<{ at: EpochMs }>("SELECT at FROM stat_rolled WHERE step = ?", step)?.at ?? null;
  }

  setRolledTo(step: StatStep, at: EpochMs): void {
    this.#at.run("INSERT OR REPLACE INTO stat_rolled (step, at) VALUES (?, ?)", step, at);
  }
}
