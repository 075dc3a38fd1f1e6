// A process of the lock fault suites, on any store. As a "program" it takes a lock again and again; as a "worker" it runs
// tasks that need one. What it does is in SUNBEAT_VICTIM (support/lock-crew.ts); what happened is told in a log outside
// the store (support/lock-log.ts), one write a line, so lines of killed and of other processes do not mix.
//
// What the lock guards is a counter on a server of its own, which refuses fences smaller than the greatest it has seen.
// Mutants are changes to the text of the scripts of Redis.
import { openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Redis } from "ioredis";

const {
  name,
  broker,
  guard,
  guardedWrite,
  log,
  role,
  lock,
  capacity,
  leaseMs,
  seed,
  holdMs,
  isPatient,
  mutants,
} = JSON.parse(process.env.SUNBEAT_VICTIM);
const { SUNBEAT_DIST } = process.env;
const dist = SUNBEAT_DIST ? pathToFileURL(`${SUNBEAT_DIST}/`) : new URL("../../dist/", import.meta.url);
const load = (file) => import(new URL(file, dist).href);

if (mutants.length > 0) {
  const { SCRIPTS, LIBRARY } = await load("store/redis/scripts.generated.js");
  // Where the whole scripts are to be broken, the fast paths leave all to them.
  const SHORT_WAYS = { "lock-take": "return {}", "lock-return": "return 0" };
  if (mutants.every(({ script }) => !(script in SHORT_WAYS)))
    for (const [script, body] of Object.entries(SHORT_WAYS)) SCRIPTS[script].body = body;
  for (const { script, find, put } of mutants) {
    let found = false;
    const mutate = (text) => {
      found ||= text.includes(find);
      return text.replace(find, () => put);
    };
    if (script === "library") LIBRARY.forEach((piece, index) => (LIBRARY[index] = mutate(piece)));
    else SCRIPTS[script].body = mutate(SCRIPTS[script].body);
    if (!found) throw new Error(`${script} has no "${find}" to mutate`);
  }
}
const [{ Sunbeat, currentTask, locked }, { coreOf }, { openStore }, { parseBrokerUrl }, { seededRandom }] =
  await Promise.all([
    load("index.js"),
    load("app/index.js"),
    load("app/open-store.js"),
    load("app/broker-url.js"),
    load("core/random.js"),
  ]);

let over = false;
const random = seededRandom(seed);
const file = openSync(log, "a");
const write = (what, fields) =>
  writeSync(file, `${JSON.stringify({ what, by: name, at: Date.now(), ...fields })}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Half of the time within which an offer is fetched: who stands still for longer may be passed over. */
const STALL_MS = 50;

/** Says when the machine let this process stand still. */
let seen = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - seen > STALL_MS) write("stalled", { from: seen, at: now });
  seen = now;
}, 20);

const resource = new Redis(guard, { lazyConnect: true });
await resource.connect();
/** Opens the counter for this fence and reads it. */
const OPEN = `
  if tonumber(ARGV[1]) < tonumber(redis.call("HGET", KEYS[1], "fence") or 0) then return -1 end
  redis.call("HSET", KEYS[1], "fence", ARGV[1])
  return tonumber(redis.call("HGET", KEYS[1], "count") or 0)`;
const key = `guard:${lock}`;
const open = (fence) => resource.eval(OPEN, 1, key, fence);
const writeCount = (fence, count) => resource.eval(guardedWrite, 2, key, `${key}:log`, fence, count);

/** While it is held, at most until this process is to end: the instant is read before the signal, so a pause in between
 * leaves no line. */
async function use({ token, fence, signal }, ms) {
  let count = capacity === 1 ? await open(fence) : -1;
  if (capacity === 1 && count < 0) write("refused", { token });
  for (const end = performance.now() + ms; ; await pause(8)) {
    const at = Date.now();
    if (signal.aborted) return write("lost", { token, at });
    write("holds", { token, at });
    if (count >= 0) {
      const accepted = (await writeCount(fence, ++count)) === 1;
      write(accepted ? "written" : "refused", { token });
      if (!accepted) count = -1;
    }
    if (over || performance.now() >= end) return;
  }
}

/** One acquisition at a time; what the store did for it. */
let attempt = null;

/** A store that is slow, say since one who writes to its file was stopped, takes this process for dead. */
async function timed(work) {
  const from = Date.now();
  try {
    return await work;
  } finally {
    const at = Date.now();
    if (at - from > STALL_MS) write("stalled", { from, at });
  }
}

function haunted(store) {
  const { locks, channel } = store;
  const { acquire, extend, release, cancel } = locks;
  const asked = new Set();
  const waiting = new Set();
  const granted = new Set();
  locks.acquire = async (request) => {
    const { waiter } = request;
    if (attempt) attempt.waiter = waiter;
    if (!asked.has(waiter)) write("asks", { waiter, lock });
    asked.add(waiter);
    const reply = await timed(acquire.call(locks, request));
    const at = reply.now;
    if (reply.outcome === "waiting" && !waiting.has(waiter)) {
      waiting.add(waiter);
      write("waits", { waiter, lock, at });
    }
    if (reply.outcome === "granted") {
      const { token, fence } = reply.permit;
      const until = at + request.leaseMs;
      if (granted.has(token)) write("extended", { token, until });
      else write("granted", { waiter, lock, token, fence, at, until });
      granted.add(token);
    }
    return reply;
  };
  locks.extend = async (permit, ms) => {
    const sentAt = Date.now();
    const outcome = await timed(extend.call(locks, permit, ms));
    if (outcome === "extended") write("extended", { token: permit.token, until: sentAt + ms });
    return outcome;
  };
  locks.release = async (permit) => {
    write("releases", { token: permit.token });
    const outcome = await timed(release.call(locks, permit));
    if (outcome === "released") write("released", { token: permit.token });
    return outcome;
  };
  locks.cancel = async (name, waiter) => {
    const atGrant = attempt?.hinted ?? false;
    write("cancels", { waiter, atGrant });
    const outcome = await timed(cancel.call(locks, name, waiter));
    write("left", { waiter, atGrant });
    return outcome;
  };
  const subscribe = channel.subscribe;
  channel.subscribe = (topic, listener) =>
    subscribe.call(channel, topic, (payload) => {
      // Some turn away just as the permit is theirs. All processes hear of all grants.
      if (topic === "lock" && attempt?.turnsAway && payload === attempt.waiter) {
        attempt.hinted = true;
        attempt.stop.abort(new Error("gave up"));
      }
      listener(payload);
    });
  return store;
}

const app = new Sunbeat("locks", {
  broker,
  lease: { milliseconds: leaseMs },
  workerConcurrency: 2,
  gracePeriod: 1,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
coreOf(app).use({ store: async (context) => haunted(await openStore(parseBrokerUrl(broker), context)) });

async function takeOnce() {
  const mood = isPatient ? 1 : random.next();
  const stop = new AbortController();
  attempt = { stop, waiter: null, turnsAway: mood >= 0.15 && mood < 0.3, hinted: false };
  // Some give up after a moment, so that cancelling crosses with being granted.
  if (mood < 0.15) setTimeout(() => stop.abort(new Error("gave up")), random.next() * 300);
  try {
    const held = await app.locks
      .semaphore(lock, capacity)
      .acquire({ lease: { milliseconds: leaseMs }, signal: stop.signal });
    attempt.turnsAway = false;
    await use(held, holdMs * (0.5 + random.next()));
    await held.release();
  } catch (error) {
    if (!stop.signal.aborted) write("failed", { code: error.code ?? error.message });
  }
  attempt = null;
  await pause(random.next() * 10);
}

app.task(
  "locked",
  { maxDeliveries: 50 },
  locked(lock, { capacity })(async (n, ms) => {
    const { lock: held, signal, request } = currentTask();
    const { deliveries, retries } = request;
    const [token, at] = [`task ${n} ${held.fence}`, Date.now()];
    write("runs", { n, deliveries, retries });
    write("granted", { waiter: token, lock, token, fence: held.fence, at, until: at });
    await use({ token, fence: held.fence, signal }, ms);
  }),
);

app.task("free", { ignoreResult: true }, () => undefined);

process.on("SIGTERM", () => {
  over = true;
  attempt?.stop.abort(new Error("the end"));
});
if (role === "worker") await app.worker().start();
process.stdout.write("ready\n");
while (!over) {
  if (role === "worker") await pause(20);
  else await takeOnce();
}
await app.close();
process.exit(0);
