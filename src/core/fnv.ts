/** FNV-1a, 32 bits, over the UTF-8 bytes of `text`: the same on every machine and version. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
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
