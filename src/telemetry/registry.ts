/**
 * Metrics in the text formats of Prometheus (0.0.4) and OpenMetrics (1.0). What labels may be is bounded, whatever comes: a name too
 * many is counted as "(other)".
 */

export type MetricKind = "counter" | "gauge" | "histogram";

/** The only names of labels: never ids, hosts or pids, of which there is no end. */
export const LABELS = [
  ...(["task", "queue", "entry", "outcome", "kind", "state", "fate", "severity", "op", "calendar"] as const),
  // Of what there is once a process.
  ...(["version", "node_version"] as const),
] as const;
export type LabelName = (typeof LABELS)[number];

/** Values of one label, and series of one metric. */
const MOST_VALUES = 500;
const MOST_SERIES = 5_000;
export const OTHER = "(other)";

export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600] as const;
export const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

export interface MetricFacts {
  readonly name: string;
  readonly help: string;
  readonly kind: MetricKind;
  readonly labels: readonly LabelName[];
  /** Upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[];
}

interface Series {
  readonly labels: readonly string[];
  value: number;
  /** Of a histogram: numbers below each bound, each for itself; and how many in all. */
  readonly buckets: number[];
  count: number;
}

export class Metric {
  readonly facts: MetricFacts;
  readonly #series = new Map<string, Series>();
  readonly #known: readonly Set<string>[];

  constructor(facts: MetricFacts) {
    this.facts = facts;
    this.#known = facts.labels.map(() => new Set());
  }

  /** Labels in the order of their names. */
  add(labels: readonly string[], by = 1): void {
    this.#of(labels).value += by;
  }

  set(labels: readonly string[], value: number): void {
    this.#of(labels).value = value;
  }

  observe(labels: readonly string[], value: number): void {
    const series = this.#of(labels);
    const bucket = this.facts.buckets?.findIndex((bound) => value <= bound) ?? -1;
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.value += value;
    series.count++;
  }

  /** Sets all values to 0, and keeps the series: one that ends looks like an outage. */
  zero(): void {
    for (const series of this.#series.values()) series.value = 0;
  }

  /** Drops all series. */
  clear(): void {
    this.#series.clear();
    for (const known of this.#known) known.clear();
  }

  get series(): Iterable<Series> {
    return this.#series.values();
  }

  #of(given: readonly string[]): Series {
    const labels = given.map((value, index) => this.#bounded(index, value));
    const key = labels.join("\0");
    const found = this.#series.get(key);
    if (found !== undefined) return found;
    const isFull = this.#series.size >= MOST_SERIES;
    if (isFull && labels.some((value) => value !== OTHER)) return this.#of(labels.map(() => OTHER));
    const series = { labels, value: 0, buckets: this.facts.buckets?.map(() => 0) ?? [], count: 0 };
    this.#series.set(key, series);
    return series;
  }

  #bounded(index: number, value: string): string {
    const known = this.#known[index]!;
    if (known.has(value) || value === OTHER) return value;
    if (known.size >= MOST_VALUES) return OTHER;
    known.add(value);
    return value;
  }
}

export type TextFormat = "prometheus" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<TextFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What an Accept header asks for. */
export function formatOf(accept: string | undefined): TextFormat {
  return accept?.includes("application/openmetrics-text") === true ? "openmetrics" : "prometheus";
}

export function render(metrics: readonly Metric[], format: TextFormat): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const { name, help, kind } = metric.facts;
    // OpenMetrics names the family of a counter without its suffix.
    const family = format === "openmetrics" && kind === "counter" ? name.replace(/_total$/, "") : name;
    lines.push(`# HELP ${family} ${escapedHelp(help)}`, `# TYPE ${family} ${kind}`);
    for (const series of metric.series) lines.push(...seriesLines(metric.facts, series, format));
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function seriesLines(
  { name, labels, kind, buckets = [] }: MetricFacts,
  series: Series,
  format: TextFormat,
): string[] {
  const pairs = labels.map((label, index) => `${label}="${escapedLabel(series.labels[index] ?? "")}"`);
  if (kind !== "histogram") return [`${name}${braces(pairs)} ${numberText(series.value)}`];
  const lines: string[] = [];
  let below = 0;
  buckets.forEach((bound, index) => {
    below += series.buckets[index] ?? 0;
    const le = format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
    lines.push(`${name}_bucket${braces([...pairs, `le="${le}"`])} ${below}`);
  });
  lines.push(
    `${name}_bucket${braces([...pairs, 'le="+Inf"'])} ${series.count}`,
    `${name}_sum${braces(pairs)} ${numberText(series.value)}`,
    `${name}_count${braces(pairs)} ${series.count}`,
  );
  return lines;
}

const braces = (pairs: readonly string[]): string => (pairs.length === 0 ? "" : `{${pairs.join(",")}}`);

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

function escapedLabel(value: string): string {
  const text = (value as unknown as { toWellFormed(): string }).toWellFormed();
  return text.replace(/[\\\n"]/g, (character) => ESCAPES[character] ?? character);
}

function escapedHelp(help: string): string {
  return help.replace(/[\\\n"]/g, (character) => ESCAPES[character] ?? character);
}
