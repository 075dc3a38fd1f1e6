/** Which messages are unfinished runs of an entry, in no order: each knows its place. */
import type { MemoryState, Message } from "./state.js";

export function countRun({ runs: all }: MemoryState, message: Message): void {
  if (message.entry === null) return;
  const runs = all.get(message.entry);
  message.runSlot = runs ? runs.length : 0;
  if (runs) runs.push(message);
  else all.set(message.entry, [message]);
}

export function endRun({ runs: all }: MemoryState, message: Message): void {
  const runs = message.entry === null || message.runSlot < 0 ? undefined : all.get(message.entry);
  const last = runs?.pop();
  if (message.entry === null || !runs || !last) return;
  if (last !== message) {
    runs[message.runSlot] = last;
    last.runSlot = message.runSlot;
  }
  message.runSlot = -1;
  if (runs.length === 0) all.delete(message.entry);
}
