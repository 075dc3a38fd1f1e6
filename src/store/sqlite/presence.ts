import {
  type HeaderMark,
  LOST_LISTED_MS,
  LOST_NODES,
  MARKS,
  type NodeRecord,
  type PresenceStore,
  type SeenNode,
} from "../contracts/presence.js";
import { headersText } from "../rules/header-marks.js";
import type { Connection } from "./connection.js";
import type { Step } from "./step.js";

/** Records read in one step. */
const PAGE = 200;
/** Ended watches dropped in one step. */
const DROPPED = 1_000;

interface NodeRow {
  readonly name: string;
  readonly seenAt: number;
  readonly until: number;
  readonly record: string;
}

export function sqlitePresence(connection: Connection): PresenceStore {
  return {
    appear: (node, ttlMs, takeOver = false) =>
      connection.write((step) => {
        const { now } = step;
        const before = step.get<{ boot: string; until: number }>(
          "SELECT boot, until FROM node WHERE name = ?",
          node.node,
        );
        const isOthers = before !== undefined && before.boot !== node.boot && before.until > now;
        if (!isOthers || takeOver) {
          step.run(
            "INSERT OR REPLACE INTO node (name, boot, seen_at, until, record) VALUES (?, ?, ?, ?, ?)",
            ...[node.node, node.boot, now, now + ttlMs, JSON.stringify(node)],
          );
        }
        dropOld(step);
        return {
          now,
          holder: isOthers && !takeOver ? before.boot : node.boot,
          watching: watched(step),
          marks: marks(step),
        };
      }),

    leave: (node, boot) =>
      connection.write((step) => void step.run("DELETE FROM node WHERE name = ? AND boot = ?", node, boot)),

    async nodes() {
      const found: SeenNode[] = [];
      for (let after: string | null = null; ;) {
        const { rows, now }: { rows: NodeRow[]; now: number } = await connection.read((step) => ({
          rows: step.all<NodeRow>(
            `SELECT name, seen_at AS seenAt, until, record FROM node
               WHERE (? IS NULL OR name > ?) AND until > ? ORDER BY name LIMIT ? + 0`,
            ...[after, after, step.now - LOST_LISTED_MS, PAGE],
          ),
          now: step.now,
        }));
        for (const row of rows) found.push(...seen(row, now));
        if (rows.length < PAGE) return found;
        after = rows.at(-1)!.name;
      }
    },

    watch: (id, types, ttlMs) =>
      connection.write((step) => {
        step.run("DELETE FROM watch WHERE id = ?", id);
        step.run(
          "DELETE FROM watch WHERE (id, type) IN (SELECT id, type FROM watch WHERE until <= ? LIMIT ? + 0)",
          ...[step.now, DROPPED],
        );
        for (const type of ttlMs > 0 ? new Set(types) : []) {
          step.run("INSERT INTO watch (id, type, until) VALUES (?, ?, ?)", id, type, step.now + ttlMs);
        }
        step.publish("watch", JSON.stringify(watched(step)));
      }),

    mark: (headers, ttlMs) =>
      connection.write((step) => {
        const text = headersText(headers);
        step.run("DELETE FROM header_mark WHERE headers = ? OR until <= ?", text, step.now);
        if (ttlMs > 0) {
          step.run("INSERT INTO header_mark (headers, until) VALUES (?, ?)", text, step.now + ttlMs);
          step.run(
            "DELETE FROM header_mark WHERE seq NOT IN (SELECT seq FROM header_mark ORDER BY seq DESC LIMIT ? + 0)",
            MARKS,
          );
        }
        step.publish("marks", "");
      }),
  };
}

/** None for one that nobody of us wrote. */
function seen({ seenAt, until, record }: NodeRow, now: number): SeenNode[] {
  try {
    const node = JSON.parse(record) as NodeRecord;
    return [{ ...node, seenAt, status: until > now ? "alive" : "lost" }];
  } catch {
    return [];
  }
}

/** Types that somebody watches. */
export function watched(step: Step): string[] {
  const sql = "SELECT DISTINCT type FROM watch WHERE until > ?";
  return step
    .all<{ type: string }>(sql, step.now)
    .map(({ type }) => type)
    .sort();
}

function marks(step: Step): HeaderMark[] {
  const sql = "SELECT headers, until FROM header_mark WHERE until > ? ORDER BY seq";
  return step.all<{ headers: string; until: number }>(sql, step.now).map(({ headers, until }) => ({
    headers: Object.fromEntries(JSON.parse(headers) as [string, string][]),
    until,
  }));
}

function dropOld(step: Step): void {
  step.run("DELETE FROM node WHERE until <= ?", step.now - LOST_LISTED_MS);
  step.run(
    "DELETE FROM node WHERE name IN (SELECT name FROM node WHERE until <= ? ORDER BY until DESC LIMIT -1 OFFSET ?)",
    ...[step.now, LOST_NODES],
  );
}
