/** What the presence of worker number `n` says. */
export function nodeOf(n, tasks) {
  return {
    ...{ node: `worker-${n}@host-${n}`, boot: `boot-${n}`, kind: "worker", app: "bench", host: `host-${n}` },
    ...{ pid: n, version: "1.0.0", nodeVersion: process.version, startedAt: 1, state: "running", loopAt: 1 },
    ...{ lagMs: 1, rss: 1e8, heap: 5e7, loadavg: 1, clockOffsetMs: 0, workVersion: 1, beat: null },
    verbs: ["ping", "active", "reserved", "stats", "shutdown", "poolGrow", "poolShrink"],
    worker: {
      ...{ queues: [{ name: "default", paused: false }], concurrency: 8, pool: "async", autoscale: null },
      ...{ running: 3, prefetched: 8, unsettled: 0, processed: n, succeeded: n, failed: 0, retried: 0 },
      ...{ tasks, tasksHash: "0123456789abcdef", lastClaimAt: 1, outage: null },
    },
  };
}
