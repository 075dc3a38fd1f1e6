import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * File systems whose locks and shared memory other machines do not see, by the numbers of Linux' statfs(2). FUSE
 * stands for sshfs and its kind; a local one among them only loses speed.
 */
const NETWORK_DISKS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x65735546, "FUSE"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
]);

/** The kind of network disk that holds the file; null for a local disk, and where the system does not say. */
export function networkDisk(path: string): string | null {
  if (process.platform !== "linux") return null;
  try {
    // The number may come with its sign bit set.
    return NETWORK_DISKS.get(statfsSync(dirname(path)).type >>> 0) ?? null;
  } catch {
    return null;
  }
}
