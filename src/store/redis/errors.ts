/** What the answers of a server, and of the way to it, mean to somebody who runs a scheduler. */
import { maskCredentials } from "../../core/credentials.js";
import { docsPage } from "../../core/docs.js";
import type { ErrorCode } from "../../core/error-codes.js";
import { isSunbeatError, messageOf, StoreError } from "../../core/errors.js";
import { storeTimeout } from "../../core/patience.js";

interface Meaning {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** What happened and what to do, to follow the store's label. "{NAMESPACE}" stands for the hash tag. */
  readonly says: string;
  /** The same call may pass within seconds: the store itself tries again before it gives up. */
  readonly passing?: true;
}

const AWAY: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "cannot be reached; look whether the server runs and the address is right",
};
/** The server's words at the end of a connection that it does not want are mostly lost on the way. */
const HUNG_UP: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says:
    "closed the connection; look whether it runs, lets this machine in (bind, protected-mode) and one more client " +
    "(maxclients), and speaks TLS or not as the URL says",
};
const NOT_YET: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "is starting or failing over and does not answer yet; it is tried again",
};
const AUTH: Meaning = {
  code: "SUNBEAT_STORE_AUTH",
  retryable: false,
  says: "refused the user or the password; look at the URL and at the server's ACL",
};
const denied = (says: string): Meaning => ({ code: "SUNBEAT_STORE_AUTH", retryable: false, says });
const COMMANDS = denied(
  "does not let this user run a command that sunbeat needs; give it those that " +
    `${docsPage("redis.md")} lists`,
);
const KEYS = denied(
  "does not let this user at our keys; its ACL needs ~{NAMESPACE}*, see " + docsPage("redis.md"),
);
const CHANNELS = denied(
  "does not let this user at our channels; its ACL needs &{NAMESPACE}*, see " + docsPage("redis.md"),
);
const CERTIFICATE: Meaning = {
  code: "SUNBEAT_STORE_AUTH",
  retryable: false,
  says:
    "has a certificate that is not trusted, or does not speak TLS; give the file of its authority by ca= in the URL, or " +
    "in NODE_EXTRA_CA_CERTS",
};
const SLOT: Meaning = {
  code: "SUNBEAT_STORE_REFUSED",
  retryable: false,
  says: "is a Cluster that finds the keys of one step in several slots; a proxy or a key prefix tears them apart",
};
const ONE_OF_CLUSTER: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "is a node of a Cluster and does not hold our keys; use redis+cluster:// to follow them",
};
const NO_MASTER: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "has sentinels that know no master of this name; look at the name in the URL",
};
const NO_CLUSTER: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "is no Cluster; use redis://",
};
const NO_SENTINEL: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  passing: true,
  says: "is no sentinel; give the address of one, whose port is mostly 26379, or use redis://",
};
const NO_REDIS: Meaning = {
  code: "SUNBEAT_STORE_REFUSED",
  retryable: false,
  says: "does not answer as a Redis does; look whether another program has this port",
};
const NO_DATABASE: Meaning = {
  code: "SUNBEAT_STORE_REFUSED",
  retryable: false,
  says: "has no database of this number; correct the end of the URL (a Cluster has none but 0)",
};
const FOREIGN: Meaning = {
  code: "SUNBEAT_STORE_REFUSED",
  retryable: false,
  says: "has other data under our keys; choose another namespace",
};
const REFUSED: Meaning = {
  code: "SUNBEAT_STORE_REFUSED",
  retryable: false,
  says: "refused a step; this is a server that sunbeat does not know, or a fault of sunbeat: please report it",
};

/** By the first word of an error reply. */
const REPLIES: Readonly<Record<string, Meaning>> = {
  READONLY: {
    code: "SUNBEAT_STORE_READONLY",
    retryable: true,
    passing: true,
    says: "is a read-only replica; give the address of the master, or wait until the fail-over is done",
  },
  OOM: {
    code: "SUNBEAT_STORE_FULL",
    retryable: true,
    says: "has used up its maxmemory; nothing of the step was written: let workers drain it, or raise the limit",
  },
  BUSY: {
    code: "SUNBEAT_STORE_BUSY",
    retryable: true,
    says: "is held up by a script that runs for too long; find it with SCRIPT KILL or in the slow log",
  },
  MISCONF: {
    code: "SUNBEAT_STORE_READONLY",
    retryable: true,
    says: "takes no writes since it cannot save to its disk; look at its log and its disk",
  },
  NOREPLICAS: {
    code: "SUNBEAT_STORE_READONLY",
    retryable: true,
    says: "takes no writes since too few replicas are connected; start them, or lower min-replicas-to-write",
  },
  QUEUED: {
    code: "SUNBEAT_STORE_REFUSED",
    retryable: false,
    says:
      "queued the step instead of doing it, since the client that was handed in is inside MULTI, and does it at EXEC, " +
      "if ever; use another client for transactions, or a pipelined multi()",
  },
  LOADING: NOT_YET,
  MASTERDOWN: NOT_YET,
  TRYAGAIN: NOT_YET,
  CLUSTERDOWN: NOT_YET,
  UNBLOCKED: NOT_YET,
  MOVED: ONE_OF_CLUSTER,
  ASK: ONE_OF_CLUSTER,
  NOAUTH: AUTH,
  WRONGPASS: AUTH,
  NOPERM: COMMANDS,
  CROSSSLOT: SLOT,
  WRONGTYPE: FOREIGN,
};

/** What an ACL refuses, in the words of Redis 6.2, 7 and Valkey: inside of a script they begin with a mere ERR. */
const RIGHTS: readonly (readonly [RegExp, Meaning])[] = [
  [/publish to the channel|one of the channels|access a channel/i, CHANNELS],
  [/one of the keys|access a key/i, KEYS],
  [/run this command or subcommand|no permissions to run/i, COMMANDS],
];

/** By what the way there says; the first that fits. */
const FAILURES: readonly (readonly [RegExp, Meaning])[] = [
  [/invalid password|invalid username-password|Client sent AUTH|without any password/i, AUTH],
  [/certificate|self[- ]signed|wrong version number|SSL routines|CERT_|ERR_TLS|ERR_SSL/i, CERTIFICATE],
  [/DB index is out of range|invalid DB index|SELECT is not allowed in cluster mode/i, NO_DATABASE],
  [/No such master with that name/i, NO_MASTER],
  [/cluster support disabled/i, NO_CLUSTER],
  [/unknown command '?sentinel/i, NO_SENTINEL],
  // The driver's words, of ioredis 6 and 5.
  [/Unknown RESP type|Protocol error, got/, NO_REDIS],
  [/non local key|different slots|same slot/i, SLOT],
  [/EPIPE|ECONNRESET|max number of clients|Redis is running in protected mode/, HUNG_UP],
  [/ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOENT|EACCES/, AWAY],
  [/Connection is closed|Stream isn't writeable|max retries|timed out|Socket closed|unreachable/i, AWAY],
  [/None of startup nodes|Failed to refresh slots|Cluster is ended|Too many Cluster redirections/i, AWAY],
  [/Cluster isn't ready|Cluster is disconnect|Node is disconnected|Socket timeout/i, AWAY],
  [/All sentinels|No sentinels|sentinel/i, AWAY],
];

/** An error inside of a script, which servers before 7 wrap in one of the script's. */
const WRAPPED = /^ERR Error running script \(call to \w+\): (?:@user_script: ?\d+: ?)+/;

/** What the server said, whether in a script or not. */
function replyOf(thrown: unknown): string {
  return messageOf(thrown).replace(WRAPPED, "").replace(/^-/, "");
}

function meaningOf(thrown: unknown): Meaning {
  const message = replyOf(thrown);
  const right = RIGHTS.find(([pattern]) => pattern.test(message))?.[1];
  if (right) return right;
  const [word] = /^[A-Z]{2,}(?=\s)/.exec(message) ?? [];
  const reply = word === undefined ? undefined : REPLIES[word];
  if (reply) return reply;
  const code = (thrown as { code?: unknown } | null)?.code;
  const text = `${message} ${typeof code === "string" ? code : ""}`;
  const known = FAILURES.find(([pattern]) => pattern.test(text))?.[1];
  // The last node's reason stands behind the summary of a Cluster that gave up.
  const { lastNodeError } = (thrown ?? {}) as { lastNodeError?: unknown };
  const inner = lastNodeError === undefined || lastNodeError === thrown ? null : meaningOf(lastNodeError);
  if (inner !== null && inner !== REFUSED) return inner;
  return known ?? REFUSED;
}

/** Whether the server has become a replica: its place is another's now. */
export function isReplica(thrown: unknown): boolean {
  return replyOf(thrown).startsWith("READONLY ");
}

/** Whether the server does not know the script: after a restart, a flush, a fail-over. */
export function isUnknownScript(thrown: unknown): boolean {
  return messageOf(thrown).startsWith("NOSCRIPT");
}

/** Whether the server is older than 7 and took the flags of a script for a mistake. */
export function isUnknownFlags(thrown: unknown): boolean {
  return /unexpected symbol near '#'|near '#!lua/.test(messageOf(thrown));
}

/** Whether trying again within the same call makes sense. */
export function isPassing(error: StoreError): boolean {
  return error.details["passing"] === true;
}

/** Whether waiting does not help: the server does not want us. */
export function isFatal(thrown: unknown): boolean {
  return !meaningOf(thrown).retryable;
}

/**
 * The StoreError for whatever a driver throws. `label` has no password in it; neither have the server's words. `tag` is the
 * hash tag, "{sunbeat}", with which the keys begin.
 */
export function storeError(thrown: unknown, label: string, tag: string): StoreError {
  if (isSunbeatError(thrown)) return thrown as StoreError;
  const { code, retryable, passing } = meaningOf(thrown);
  return new StoreError(code, `Redis at ${label} ${explain(thrown, tag)}.`, {
    retryable,
    details: { store: label, passing: passing === true },
    cause: withoutArguments(thrown),
  });
}

/** What happened and what to do, to follow a name for the server. */
export function explain(thrown: unknown, tag: string): string {
  return `${meaningOf(thrown).says.replace("{NAMESPACE}", tag)} (${words(messageOf(thrown))})`;
}

/** `sent`: false when the connection was not even ready, so that nothing was asked. */
export function timeoutError(label: string, step: string, limitMs: number, sent: boolean): StoreError {
  const store = `Redis at ${label}`;
  if (sent) return storeTimeout(step, limitMs, "; the step may have been done and may be repeated", store);
  const advice =
    "; look whether it is the right port, speaks TLS or not as the URL says, and lets the user do what " +
    `${docsPage("redis.md")} lists; and of a Cluster, whether it has all of its slots`;
  return storeTimeout("connect", limitMs, advice, store);
}

export function closedError(label: string): StoreError {
  return new StoreError("SUNBEAT_CLOSED", `Redis store ${label}: closed; open a new one to go on`, {
    retryable: false,
    details: { store: label },
  });
}

/**
 * Without what a server repeats of a command that it does not know: "with args beginning with: `secret`". HELLO and AUTH,
 * which old servers and proxies do not know, carry user and password.
 */
function words(said: string): string {
  return maskCredentials(said.replace(/, with args beginning with:[^\n]*/g, ""));
}

/** Drivers hang the command on their errors: bodies, and the password of an AUTH. So do the errors within. */
function withoutArguments(thrown: unknown, depth = 4): unknown {
  if (typeof thrown !== "object" || thrown === null || depth === 0) return thrown;
  delete (thrown as { command?: unknown }).command;
  if (thrown instanceof Error) {
    thrown.message = words(thrown.message);
    if (thrown.stack !== undefined) thrown.stack = words(thrown.stack);
  }
  // The inner errors of a Cluster, and of several addresses.
  const { cause, lastNodeError, previousErrors, errors } = thrown as Record<string, unknown>;
  for (const inner of [cause, lastNodeError, previousErrors, errors].flat())
    withoutArguments(inner, depth - 1);
  return thrown;
}
