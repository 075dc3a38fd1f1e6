// Measuring: contenders take turns within one run, so that a noisy machine disturbs all of them alike; the
// figure is the median over the rounds.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median, field by field where one run gives several figures. */
function medianOf(runs) {
  if (typeof runs[0] === "number") return median(runs);
  return Object.fromEntries(
    Object.keys(runs[0]).map((field) => [field, median(runs.map((run) => run[field]))]),
  );
}

/** Runs every contender once per round; returns { name: median of what it returned, a number or several by name }. */
export async function interleave(contenders, rounds) {
  const seen = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      globalThis.gc?.();
      seen[name].push(await run());
    }
  }
  return Object.fromEntries(Object.entries(seen).map(([name, runs]) => [name, medianOf(runs)]));
}

/** Nanoseconds per call of `step`, called `count` times in a row. */
export function perCall(count, step) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) step(i);
  return Number(process.hrtime.bigint() - start) / count;
}

/** Milliseconds that `work` takes. */
export async function elapsed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const UNITS = {
  ns: (v) =>
    v >= 1e6 ? `${(v / 1e6).toFixed(2)} ms` : v >= 1e3 ? `${(v / 1e3).toFixed(2)} us` : `${v.toFixed(0)} ns`,
  us: (v) => `${v.toFixed(v < 10 ? 2 : 1)} us`,
  bytes: (v) => `${Math.round(v).toLocaleString("en")} B`,
  ms: (v) => `${v.toFixed(v < 10 ? 3 : 0)} ms`,
  perSecond: (v) => `${Math.round(v).toLocaleString("en")}/s`,
  calls: (v) => v.toFixed(2),
  "%": (v) => `${v.toFixed(2)} %`,
};

/** Prints one section. Each row: { what, unit, ours, rivals: { name: value }, wanted? }. */
export function print(title, rows) {
  console.log(`\n${title}`);
  for (const row of rows) {
    const show = UNITS[row.unit];
    const faster = (rival) => (row.unit === "perSecond" ? row.ours / rival : rival / row.ours);
    const rivals = Object.entries(row.rivals ?? {})
      .map(
        ([name, value]) => `${name} ${show(value)} (${faster(value).toFixed(faster(value) < 10 ? 2 : 0)}x)`,
      )
      .join(", ");
    const wanted = row.wanted === undefined ? "" : `  [wanted: ${row.wanted}]`;
    console.log(`  ${row.what.padEnd(52)} ${show(row.ours).padStart(12)}  ${rivals}${wanted}`);
  }
}
