/** Addresses that are not of the public internet, by the registries of special-purpose addresses of IANA. */
import { BlockList, isIP } from "node:net";

type Range = readonly [network: string, prefix: number];

/** Refused ones, each with the word by which it is told. */
const REFUSED: Readonly<Record<string, readonly Range[]>> = {
  unspecified: [
    ["0.0.0.0", 8],
    ["::", 128],
  ],
  loopback: [
    ["127.0.0.0", 8],
    ["::1", 128],
  ],
  private: [
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["fc00::", 7],
    ["fec0::", 10],
  ],
  "link-local": [
    ["169.254.0.0", 16],
    ["fe80::", 10],
  ],
  "shared (carrier-grade NAT)": [["100.64.0.0", 10]],
  multicast: [
    ["224.0.0.0", 4],
    ["ff00::", 8],
  ],
  // Each of these carries an address of version 4, which may be any of the above.
  "embedded version 4": [
    ["::ffff:0:0", 96],
    ["::", 96],
    ["64:ff9b::", 96],
    ["64:ff9b:1::", 48],
    ["2002::", 16],
    ["192.88.99.0", 24],
  ],
  reserved: [
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["240.0.0.0", 4],
    // Protocols of the IETF, Teredo among them.
    ["2001::", 23],
    ["2001:db8::", 32],
    ["3fff::", 20],
  ],
};

function listOf(ranges: readonly Range[], family: 4 | 6): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) {
    if (isIP(network) === family) list.addSubnet(network, prefix, `ipv${family}`);
  }
  return list;
}

// By family: a list finds mapped addresses by the ranges of version 4, and would call them by their word.
const LISTS = Object.entries(REFUSED).map(([word, ranges]) => ({
  word,
  4: listOf(ranges, 4),
  6: listOf(ranges, 6),
}));

/** The only part of version 6 from which addresses of the public internet have been given out. */
const PUBLIC_6 = listOf([["2000::", 3]], 6);

/** Why an address is refused: "loopback", "private", ...; null: it is of the public internet. */
export function refusalOf(address: string): string | null {
  const family = isIP(address);
  if (family !== 4 && family !== 6) return "not an address";
  const type = `ipv${family}` as const;
  const found = LISTS.find((list) => list[family].check(address, type));
  if (found !== undefined) return found.word;
  return family === 6 && !PUBLIC_6.check(address, type) ? "reserved" : null;
}
