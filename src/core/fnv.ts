const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
const utf8 = new TextEncoder();

/** FNV-1a, 32 bits, over the UTF-8 bytes of `text`: the same on every machine and version. */
export function fnv1a(text: string): number {
  let hash = OFFSET;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return ofBytes(utf8.encode(text));
    hash = Math.imul(hash ^ code, PRIME);
  }
  return hash >>> 0;
}

function ofBytes(bytes: Uint8Array): number {
  let hash = OFFSET;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}

/**
 * A hash for sharing out time, 32 bits: the same on every machine and version. FNV-1a alone hardly moves its high bits
 * for the last characters of a name, and its low bits only with theirs: "report-0" to "report-9" came within 4 % of each
 * other. The finaliser of murmur3 (fmix32) lets every bit of the one decide about every bit of the other.
 */
export function spreadHash(text: string): number {
  let hash = fnv1a(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
