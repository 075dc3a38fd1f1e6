/** The version of the keys of a namespace. Keys of another version are left as they are. */
import { StoreError } from "../../core/errors.js";
import type { Caller } from "./caller.js";
import { defineScript, isDone, type WireNumber } from "./script.js";

const versionScript = defineScript(
  "version",
  ([, version, isUsed, known]: [now: string, version: string, isUsed: WireNumber, known: string]) => ({
    version,
    isUsed: isDone(isUsed),
    known,
  }),
);
const beginScript = defineScript("begin", (version: string) => version);

/**
 * Why the keys cannot be used: SUNBEAT_STORE_NEWER, or SUNBEAT_STORE_OLDER, also where they are of a time before there were
 * versions. Null: they can, or there are none. Changes nothing.
 */
export async function refusalOfVersion(caller: Caller): Promise<StoreError | null> {
  const { version, isUsed, known } = await caller.call(versionScript, {});
  return version === "" && !isUsed ? null : judge(caller, version, known);
}

/** Throws what `refusalOfVersion` gives; writes our version where there are no keys. */
export async function claimNamespace(caller: Caller): Promise<void> {
  const { version, isUsed, known } = await caller.call(versionScript, {});
  const found = version === "" && !isUsed ? await caller.call(beginScript, {}) : version;
  const refusal = judge(caller, found, known);
  if (refusal !== null) throw refusal;
}

function judge({ label, space }: Caller, version: string, known: string): StoreError | null {
  if (version === known) return null;
  const isNewer = Number(version) > Number(known);
  const what = version === "" ? "from before they had a version" : `of version ${version}`;
  const advice = isNewer
    ? "upgrade sunbeat, or choose another namespace"
    : "let the sunbeat that wrote them finish what waits there, or choose another namespace";
  return new StoreError(
    isNewer ? "SUNBEAT_STORE_NEWER" : "SUNBEAT_STORE_OLDER",
    `Redis at ${label} has keys of ${space.tag} ${what}, and this sunbeat knows version ${known}; nothing was changed: ${advice}`,
    { retryable: false, details: { store: label, namespace: space.tag, version, known } },
  );
}
