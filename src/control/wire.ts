/** What travels between those who ask and nodes: JSON on the channel topics "control" and "reply.<from>". */
import type { EpochMs } from "../core/clock.js";
import type { NodeKind, SeenNode } from "../store/contracts/presence.js";
import { fitsPattern } from "./node-name.js";

export const CONTROL_TOPIC = "control";
export const replyTopic = (from: string): string => `reply.${from}`;

/** Characters: what is longer is not looked at. */
export const MOST_REQUEST = 65_536;
/** Characters of JSON in one part of a reply, and parts. */
export const PART_SIZE = 49_152;
export const MOST_PARTS = 16;

/** To whom: nodes that fit all that is said; nothing is said: all. */
export interface Address {
  readonly nodes?: readonly string[];
  readonly pattern?: string;
  readonly kind?: NodeKind;
}

export interface ControlRequest {
  readonly v: 1;
  /** Random: one that comes again is the same request. */
  readonly ticket: string;
  readonly verb: string;
  readonly args: unknown;
  readonly to: Address;
  /** Where replies go. */
  readonly from: string;
  /** Who asks: user and machine. */
  readonly by: string;
  readonly at: EpochMs;
  /** By the store's clock. Nobody acts after it. */
  readonly expires: EpochMs;
  readonly clock: number;
  readonly sig?: string;
}

export interface ControlError {
  readonly code: string;
  readonly message: string;
}

/** The texts of all parts, one after the other, are JSON of `{ ok }` or `{ error }`. */
export interface ReplyPart {
  readonly v: 1;
  readonly ticket: string;
  readonly node: string;
  readonly boot: string;
  readonly part: number;
  readonly parts: number;
  /** Lamport. */
  readonly clock: number;
  readonly text: string;
  /** There was more than the most parts hold. */
  readonly truncated?: true;
}

/** What a key signs: all of a request, so that no field of it can be another. */
export function signedText(request: ControlRequest): string {
  const { v, ticket, verb, args, to, from, by, at, expires, clock } = request;
  const { nodes = null, pattern = null, kind = null } = to;
  return JSON.stringify([v, ticket, verb, args ?? null, nodes, pattern, kind, from, by, at, expires, clock]);
}

/** Null for anything else. */
export function readRequest(payload: string): ControlRequest | null {
  const value = parsed(payload);
  if (value === null) return null;
  const { v, ticket, verb, to, from, by, at, expires, clock, sig } = value as Partial<ControlRequest>;
  const isOne =
    v === 1 &&
    [ticket, verb, from, by].every((text) => typeof text === "string" && text.length <= 255) &&
    [at, expires, clock].every((number) => typeof number === "number" && Number.isFinite(number)) &&
    (sig === undefined || typeof sig === "string") &&
    isAddress(to);
  return isOne ? (value as unknown as ControlRequest) : null;
}

function isAddress(value: unknown): value is Address {
  if (typeof value !== "object" || value === null) return false;
  const { nodes, pattern, kind } = value as Record<string, unknown>;
  const isName = (text: unknown): boolean => typeof text === "string" && text.length <= 255;
  return (
    (nodes === undefined || (Array.isArray(nodes) && nodes.length <= 1_000 && nodes.every(isName))) &&
    (pattern === undefined || isName(pattern)) &&
    (kind === undefined || kind === "worker" || kind === "beat" || kind === "worker+beat")
  );
}

/** Null for anything else. */
export function readReply(payload: string): ReplyPart | null {
  const value = parsed(payload);
  if (value === null) return null;
  const { v, ticket, node, boot, part, parts, text, clock } = value as Partial<ReplyPart>;
  const isOne =
    v === 1 &&
    [ticket, node, boot, text].every((each) => typeof each === "string") &&
    [part, parts, clock].every((each) => Number.isSafeInteger(each)) &&
    part! >= 0 &&
    part! < parts! &&
    parts! <= MOST_PARTS;
  return isOne ? (value as unknown as ReplyPart) : null;
}

function parsed(payload: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The parts of an answer, which is JSON. */
export function partsOf(answer: string): { readonly texts: readonly string[]; readonly truncated: boolean } {
  const texts: string[] = [];
  for (let from = 0; from < answer.length && texts.length < MOST_PARTS; from += PART_SIZE) {
    texts.push(answer.slice(from, from + PART_SIZE));
  }
  return { texts, truncated: answer.length > MOST_PARTS * PART_SIZE };
}

/** Whether a node is meant. A worker+beat is both. */
export function isMeant({ nodes, pattern, kind }: Address, node: Pick<SeenNode, "node" | "kind">): boolean {
  return (
    (nodes === undefined || nodes.includes(node.node)) &&
    (pattern === undefined || fitsPattern(node.node, pattern)) &&
    (kind === undefined || node.kind === kind || (node.kind === "worker+beat" && kind !== "worker+beat"))
  );
}

/** Celery's spelling in ours: `pool_grow` is `poolGrow`. */
export function verbOf(text: string): string {
  // Underscores without a letter behind them match, too, so that none is looked at twice.
  return text.replace(/_+([a-z]?)/g, (found, letter: string) =>
    letter === "" ? found : letter.toUpperCase(),
  );
}
