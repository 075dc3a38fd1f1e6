import { existsSync, readdirSync } from "node:fs";
import { fromSystem } from "./system-program.js";

/** The library that gives a process another clock, for LD_PRELOAD; installs it when it may. Linux only. */
export function libfaketime(): string {
  return fromSystem({
    need: "libfaketime is needed to test processes whose clocks are wrong",
    apt: "libfaketime",
    elsewhere: { Fedora: "dnf install -y libfaketime", Alpine: "apk add libfaketime" },
    find: () => PLACES.find((place) => existsSync(place)) ?? multiarch(),
  });
}

const NAME = "faketime/libfaketimeMT.so.1";
const PLACES = [`/usr/lib64/${NAME}`, `/usr/lib/${NAME}`];

function multiarch(): string | undefined {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib") : [];
  return folders.map((folder) => `/usr/lib/${folder}/${NAME}`).find((place) => existsSync(place));
}
