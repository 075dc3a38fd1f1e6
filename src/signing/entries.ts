/**
 * Entries are signed when they are set: in the store their definition ends with `,"signature":"<key>.<base64url>"}`.
 *
 * Read here a definition is as it was written where the key that signs now has signed it. Else it keeps its signature: one of an
 * older key, "" for none where none is required, or "!" and the reason for what is not to be sent. Such a text goes back as it
 * was, whoever writes the entry for another reason: only who sets the entry anew signs what it says.
 */
import type { EntryDefinition, EntryPut } from "../store/contracts/entries.js";
import { type Flaw, UNSIGNED } from "./flaw.js";
import type { KeyRing } from "./key-ring.js";

const FIELD = /,"signature":"([^"\\]*)"\}$/;

type Named = Pick<EntryDefinition, "name" | "owner">;

export function closeEntry(ring: KeyRing, put: EntryPut): EntryPut {
  const { definition } = put;
  const kept = FIELD.exec(definition);
  if (kept !== null) return { ...put, definition: asStored(definition, kept) };
  if (!ring.signs) return put;
  return { ...put, definition: withSignature(definition, ring.sign("entry", boundText(put, definition))) };
}

function asStored(definition: string, { 0: field, 1: signature = "" }: RegExpExecArray): string {
  const plain = `${definition.slice(0, -field.length)}}`;
  const own = signature.startsWith("!") ? signature.slice(signature.lastIndexOf("!") + 1) : signature;
  return own === "" ? plain : withSignature(plain, own);
}

export function openEntry<E extends EntryDefinition>(ring: KeyRing, entry: E): E {
  const { definition } = entry;
  const found = FIELD.exec(definition);
  const [field = "", signature = ""] = found ?? [];
  const plain = found === null ? definition : `${definition.slice(0, -field.length)}}`;
  const flaw = signature === "" ? (ring.requires ? UNSIGNED : null) : flawOf(ring, entry, plain, signature);
  if (flaw !== null) return { ...entry, definition: withSignature(plain, refusal(flaw, signature)) };
  if (ring.isCurrent(signature)) return { ...entry, definition: plain };
  return ring.signs ? { ...entry, definition: withSignature(plain, signature) } : entry;
}

function flawOf(ring: KeyRing, entry: Named, plain: string, signature: string): Flaw | null {
  return ring.flawOf("entry", boundText(entry, plain), signature);
}

function boundText({ name, owner }: Named, definition: string): string {
  return `${JSON.stringify([name, owner])}\n${definition}`;
}

function refusal({ code, message }: Flaw, signature: string): string {
  return `!${code} ${message.replaceAll('"', "'")}!${signature.replaceAll("!", "")}`;
}

function withSignature(definition: string, signature: string): string {
  return `${definition.slice(0, -1)},"signature":"${signature}"}`;
}
