import { formatDuration } from "../core/duration.js";
import type { Reading, RedisFacts, RedisServerFacts, RedisSetting } from "../store/contracts/survey.js";
import { formatBytes } from "./bytes.js";
import { broken, fine, type Finding, type PromiseName, PROMISES, unread, warning } from "./finding.js";

/** The oldest that the store supports. */
const OLDEST: readonly [number, number] = [6, 2];
/** From here on a full server can still be drained: scripts that free memory may run. */
const DRAINABLE = 7;
const LARGEST_SKEW_MS = 1_000;
/** Share of maxmemory. */
const NEARLY_FULL = 0.9;
/** What two servers never have in common: where it is fine with all, one stands for them. */
const MOVING: ReadonlySet<string> = new Set(["clock", "memory"]);

type Settings = RedisServerFacts["settings"];

/** Null: the value is as it should be. A note beside a good value: "ok". */
type Opinion = { readonly verdict: "ok" | "warning" | "error"; readonly advice: string } | null;

interface Check {
  readonly setting: RedisSetting;
  /** What a bad value weakens. */
  readonly weakens: readonly PromiseName[];
  /** The value it should have, for the advice where it cannot be read. */
  readonly wanted: string;
  /** Whether the other settings leave it a meaning. Default: always. */
  readonly applies?: (settings: Settings, failsOver: boolean) => boolean;
  readonly judge: (value: string, settings: Settings) => Opinion;
}

const says = (verdict: "ok" | "warning" | "error", advice: string): Opinion => ({ verdict, advice });

const CHECKS: readonly Check[] = [
  {
    setting: "redis_version",
    weakens: PROMISES,
    wanted: `${OLDEST.join(".")} or newer`,
    judge: judgeVersion,
  },
  {
    setting: "redis_mode",
    weakens: PROMISES,
    wanted: "standalone, or the URL one of redis+cluster://",
    judge: judgeMode,
  },
  {
    setting: "role",
    weakens: PROMISES,
    wanted: "master",
    judge: (value) =>
      value === "master"
        ? null
        : says(
            "error",
            "this is a replica and takes no writes: give the master's address, or use redis+sentinel://",
          ),
  },
  {
    setting: "maxmemory-policy",
    weakens: PROMISES,
    wanted: "noeviction",
    judge: (value) =>
      value === "noeviction"
        ? null
        : says(
            "error",
            "a full server throws away keys, and with one key all messages or the whole ledger: " +
              "set maxmemory-policy noeviction",
          ),
  },
  {
    setting: "appendonly",
    weakens: PROMISES,
    wanted: "yes",
    judge: (value, settings) => (value === "no" ? says("warning", withoutAppendOnly(settings)) : null),
  },
  {
    setting: "aof_last_write_status",
    weakens: PROMISES,
    wanted: "ok",
    applies: hasAppendOnly,
    judge: (value) =>
      value === "ok"
        ? null
        : says("error", "the server cannot write its append-only file: look at its log and its disk"),
  },
  {
    setting: "appendfsync",
    weakens: ["D1", "E1", "L1"],
    wanted: "always",
    applies: hasAppendOnly,
    judge: (value) => {
      if (value === "always") return null;
      const lost =
        value === "everysec" ? "about the last second" : "what the system had not written, often 30 s,";
      return says(
        "warning",
        `at power loss ${lost} is rolled back, and D2 stands in for D1: set appendfsync always where that is too much`,
      );
    },
  },
  {
    setting: "no-appendfsync-on-rewrite",
    weakens: ["D1", "E1", "L1"],
    wanted: "no",
    applies: hasAppendOnly,
    judge: (value) =>
      value === "no"
        ? null
        : says(
            "warning",
            "while the append-only file is rewritten nothing is forced to the disk: set it to no",
          ),
  },
  {
    setting: "connected_slaves",
    weakens: [],
    wanted: "1 or more",
    applies: (settings, failsOver) => failsOver && !hasReplicas(settings),
    judge: () => says("warning", "no replica is there to take this master's place: start one"),
  },
  {
    setting: "min-replicas-to-write",
    weakens: ["D1", "E1", "L1"],
    wanted: "1 or more where there are replicas",
    // A replica that is away now comes back.
    applies: (settings, failsOver) => failsOver || hasReplicas(settings),
    judge: (value) =>
      Number(value) > 0
        ? null
        : says(
            "warning",
            "a master that is cut off goes on taking writes, which the fail-over drops (D2): set it to 1, with " +
              "min-replicas-max-lag 10",
          ),
  },
  {
    setting: "min-replicas-max-lag",
    weakens: ["D1", "E1", "L1"],
    wanted: "10 or so",
    applies: (settings, failsOver) =>
      (failsOver || hasReplicas(settings)) && isAboveZero(settings["min-replicas-to-write"]),
    judge: (value) =>
      Number(value) > 0 ? null : says("warning", "0 switches min-replicas-to-write off: set it to 10"),
  },
  {
    setting: "timeout",
    weakens: [],
    wanted: "0",
    judge: (value) =>
      Number(value) === 0
        ? null
        : says(
            "warning",
            `connections idle for ${value} s are cut and made anew, which delays what is due then: set timeout 0`,
          ),
  },
];

/** One finding per setting that applies; for each server of a Cluster where they differ. */
export function judgeRedis({
  isCluster,
  failsOver,
  servers,
  user,
  refusals,
  foreign,
  wrongVersion,
}: RedisFacts): Finding[] {
  const bySetting = servers.map((server) => [
    ...CHECKS.filter(({ setting }) => !(isCluster && setting === "redis_mode"))
      .filter(({ applies }) => applies?.(server.settings, failsOver) !== false)
      .map((check) => judgeSetting(check, server.settings)),
    judgeMemory(server.memory),
    judgeClock(server.clock),
  ]);
  return [judgeRights(user, refusals), ...merge(servers, bySetting), ...judgeKeys(foreign, wrongVersion)];
}

function judgeSetting({ setting, weakens, wanted, judge }: Check, settings: Settings): Finding {
  const reading = settings[setting];
  if ("unknown" in reading) return unread(setting, weakens, `${reading.unknown}; it should be ${wanted}`);
  const opinion = judge(reading.value, settings);
  if (opinion === null || opinion.verdict === "ok") return fine(setting, reading.value, opinion?.advice);
  return { setting, value: reading.value, weakens, ...opinion };
}

function judgeVersion(value: string): Opinion {
  const [major = NaN, minor = NaN] = value.split(".").map(Number);
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]))) {
    return says("error", `sunbeat needs ${OLDEST.join(".")} or newer: upgrade the server`);
  }
  if (major >= DRAINABLE) return null;
  return says("ok", "once full, workers cannot drain it; 7.0 and newer let them");
}

function judgeMode(value: string): Opinion {
  if (value === "cluster") {
    return says(
      "warning",
      "this is one node of a Cluster, and the keys are gone from it after a fail-over: use redis+cluster://",
    );
  }
  if (value !== "sentinel") return null;
  return says("error", "this is a sentinel and keeps nothing itself: use redis+sentinel://");
}

function withoutAppendOnly({ save }: Settings): string {
  const lost = {
    none: "a restart loses everything",
    some: "a restart goes back to the last snapshot",
    unknown: "a restart goes back to the last snapshot, or loses everything",
  }["unknown" in save ? "unknown" : save.value === "" ? "none" : "some"];
  return `${lost}: set appendonly yes`;
}

/** Also where it is not known. */
function isAboveZero(reading: Reading): boolean {
  return !("value" in reading) || Number(reading.value) > 0;
}

function hasReplicas({ connected_slaves: replicas }: Settings): boolean {
  return isAboveZero(replicas);
}

function hasAppendOnly({ appendonly }: Settings): boolean {
  return !("value" in appendonly) || appendonly.value !== "no";
}

function judgeRights(user: Reading, refusals: readonly string[]): Finding {
  const value = "value" in user ? `user ${user.value}` : "user unknown";
  if (refusals.length === 0) return fine("rights", value);
  return broken("rights", value, `refused ${refusals.join("; ")}`);
}

function judgeMemory(memory: RedisServerFacts["memory"]): Finding {
  if ("unknown" in memory) return unread("memory", [], `${memory.unknown}; it should stay below maxmemory`);
  const { usedBytes, limitBytes } = memory.value;
  if (limitBytes === 0) {
    const note = "set maxmemory, so that it is Redis that refuses and not the system that kills it";
    return fine("memory", `${formatBytes(usedBytes)}, no limit`, note);
  }
  const value = `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`;
  if (usedBytes >= limitBytes) {
    return broken(
      "memory",
      value,
      "the server is full and refuses what is sent: let workers drain it, keep results for less time (resultExpires), " +
        "or raise maxmemory",
    );
  }
  if (usedBytes < limitBytes * NEARLY_FULL) return fine("memory", value);
  return warning("memory", value, [], "a full server refuses what is sent: look whether workers keep up");
}

/** No finding where all is ours. */
function judgeKeys(foreign: RedisFacts["foreign"], wrongVersion: string | undefined): Finding[] {
  if (wrongVersion !== undefined) return [broken("keys", "another version", wrongVersion)];
  if ("unknown" in foreign) return [unread("keys", PROMISES, foreign.unknown)];
  return foreign.value.map(({ key, type, members }) => {
    const value = type === null ? `${members} not ours in ${key}` : `${key} is a ${type}`;
    const remedy =
      type === null
        ? `ZREMRANGEBYSCORE ${key} -inf '(0' and ZREMRANGEBYSCORE ${key} '(0' +inf`
        : `DEL ${key} and restart the beats; what was there of ours is lost`;
    return broken(
      "keys",
      value,
      "another program writes here, and hides what is ours: give it a namespace of its own, then remove what it wrote " +
        `with ${remedy}`,
    );
  });
}

function judgeClock(clock: RedisServerFacts["clock"]): Finding {
  if ("unknown" in clock) return unread("clock", [], `${clock.unknown}; it should agree with this machine's`);
  const { aheadMs, uncertaintyMs } = clock.value;
  const skewMs = Math.abs(aheadMs);
  const value = `${formatDuration(skewMs)} ${aheadMs < 0 ? "behind" : "ahead of"} this machine`;
  if (skewMs - uncertaintyMs <= LARGEST_SKEW_MS) return fine("clock", value);
  return warning(
    "clock",
    value,
    [],
    "the server's clock decides what is due, so that tasks seem early or late here: run NTP on both",
  );
}

/** Equal findings of all servers become one; the others say whose they are. */
function merge(servers: readonly RedisServerFacts[], findings: readonly (readonly Finding[])[]): Finding[] {
  const order = [...new Set(findings.flat().map(({ setting }) => setting))];
  return order.flatMap((setting) => {
    const own = findings.map((list, index) => ({
      finding: list.find((each) => each.setting === setting),
      address: servers[index]?.address ?? null,
    }));
    const [first] = own;
    const isSame = own.every(
      ({ finding }) =>
        finding?.verdict === first?.finding?.verdict &&
        (finding?.value === first?.finding?.value || (MOVING.has(setting) && finding?.verdict === "ok")),
    );
    if (isSame) return first?.finding ? [first.finding] : [];
    return own.flatMap(({ finding, address }) =>
      finding ? [address === null ? finding : { ...finding, setting: `${setting} (${address})` }] : [],
    );
  });
}
