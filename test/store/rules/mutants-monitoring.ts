/** Each check of what records, keeps and counts taken out; in the memory store too, where the rule is no more than a line of it. */
import type { Mutant } from "./mutants.js";

export interface MonitoringMutants {
  /** Below src/store. */
  readonly file: string;
  /** Groups of cases that must see it: their names begin so. */
  readonly nearest: string;
  readonly mutants: readonly Mutant[];
}

const NOTE = "  if (settlement.note) records.history.add(message.id, message.entry, settlement.note);\n";

export const MONITORING_MUTANTS: readonly MonitoringMutants[] = [
  {
    file: "rules/settle.ts",
    nearest: "history",
    mutants: [
      ["an end leaves no record", NOTE, ""],
      ["an end leaves two records", NOTE, NOTE + NOTE],
      [
        "a record comes after the step that ends its task",
        NOTE,
        "  const { note } = settlement;\n  if (note) setImmediate(() => records.history.add(message.id, message.entry, note));\n",
      ],
      [
        "a record belongs to no entry",
        "history.add(message.id, message.entry,",
        "history.add(message.id, null,",
      ],
      [
        "a settlement that is lost leaves a record",
        'if (!message) return "lost";\n  if (settlement.kind === "lost"',
        'if (settlement.note && !message) records.history.add(settlement.id, null, settlement.note);\n  if (!message) return "lost";\n  if (settlement.kind === "lost"',
      ],
      [
        "a run that comes again leaves a record",
        'if (settlement.kind === "lost" && comesAgain(records, settlement)) return "settled";',
        'if (settlement.kind === "lost" && comesAgain(records, settlement)) {\n    records.history.add(message.id, null, settlement.note ?? "");\n    return "settled";\n  }',
      ],
    ],
  },
  {
    file: "rules/settle.ts",
    nearest: "dead letters: failed",
    mutants: [
      [
        "what has failed is not kept",
        "if (settlement.keepMs) records.failed.keep",
        "if (false) records.failed.keep",
      ],
      ["what has succeeded is kept", "if (settlement.keepMs) records", "if (!settlement.keepMs) records"],
      ["what has failed is kept for ever", "records.now + settlement.keepMs", "Infinity"],
      [
        "what has failed is kept, though its settlement is lost",
        'const message = records.messages.leased(settlement);\n  if (!message) return "lost";\n  if (settlement.kind',
        'const message = records.messages.leased(settlement) ?? (settlement.keepMs ? records.messages.find(settlement.id) : null);\n  if (!message) return "lost";\n  if (settlement.kind',
      ],
      [
        "a part of a graph is kept beside its graph",
        "  if (part && settlePart(",
        "  if (part && settlement.keepMs) records.failed.keep(message, records.now + settlement.keepMs);\n  if (part && settlePart(",
      ],
    ],
  },
  {
    file: "rules/history.ts",
    nearest: "history: records",
    mutants: [
      ["what a store ends leaves no record", "if (message) addRecord", "if (message && false) addRecord"],
      [
        "what a store ends leaves two records",
        "  history.add(id, entry, note);\n",
        "  history.add(id, entry, note);\n  history.add(id, entry, note);\n",
      ],
      ["a record is of the try before", "attempt: retries + 1", "attempt: retries"],
      ["a record knows no entry", "history.add(id, entry, note)", "history.add(id, null, note)"],
      ["a wait begins with the sending", "Math.max(enqueuedAt, eta ?? 0)", "enqueuedAt"],
      ["a wait may be below nothing", "Math.max(0, now - ", "(now - "],
      [
        "what is worthless when it is sent is told as dead",
        "retries: 0, deliveries: 0, enqueuedAt: records.now }, state, state",
        'retries: 0, deliveries: 0, enqueuedAt: records.now }, "dead", state',
      ],
    ],
  },
  {
    file: "rules/messages.ts",
    nearest: "history: records",
    mutants: [
      [
        "what waited too long for its lock is told as revoked",
        'state === "FAILURE" ? "failure" : reason',
        "reason",
      ],
      [
        "what has expired is told as revoked",
        'reason === "expired" ? "expired" : "revoked",\n    reason,',
        '"revoked",\n    reason,',
      ],
      ["a dead letter leaves no record", '  recordEnd(records, message, "dead", reason);\n', ""],
    ],
  },
  {
    file: "rules/parts.ts",
    nearest: "history: records",
    mutants: [
      [
        "a part that is revoked leaves no record",
        '    recordEnd(records, message, "revoked", "revoked");\n',
        "",
      ],
    ],
  },
  {
    file: "rules/revoke.ts",
    nearest: "history: records",
    mutants: [
      ["what is purged leaves no record", '      recordEnd(records, message, "revoked", "purged");\n', ""],
    ],
  },
  {
    file: "rules/runs.ts",
    nearest: "history: records",
    mutants: [
      ["a buffered run leaves no record", "    if (told) recordEnd(records, message, told, told);\n", ""],
      [
        "a buffered run that is replaced leaves a record",
        "if (told) recordEnd(records, message, told, told);",
        'recordEnd(records, message, told ?? "revoked", told ?? "replaced");',
      ],
    ],
  },
  {
    file: "rules/send.ts",
    nearest: "history: records",
    mutants: [
      [
        "what is worthless when it is sent leaves no record",
        '    recordUnsent(records, sent, "expired");\n',
        "",
      ],
    ],
  },
  {
    file: "rules/redrive-failed.ts",
    nearest: "dead letters: failed",
    mutants: [
      ["what has succeeded since is run again", ' || result.state === "SUCCESS"', ""],
      [
        "what is under way loses its result",
        '!isFinal(result.state) || result.state === "SUCCESS"',
        'result.state === "SUCCESS"',
      ],
      ["an old result stands in the way", "  if (!isOver) await results.forget([id]);\n", ""],
      ["a message that is sent again stays", "  await failed.drop(id);\n", ""],
      ["one whose message is there counts as sent", 'return outcome !== "duplicate";', "return true;"],
    ],
  },
  {
    file: "memory/failed-letters.ts",
    nearest: "dead letters: failed",
    mutants: [
      ["what fails again keeps its place", "    this.delete(id);\n", ""],
      ["a queue keeps any number", "kept.letters.size <= MOST_FAILED && ", ""],
      ["a queue keeps any number of bytes", " && kept.bytes <= MOST_FAILED_BYTES", ""],
      ["a queue that has lost one counts it", "    kept.letters.delete(id);\n", ""],
    ],
  },
  {
    file: "memory/failed-records.ts",
    nearest: "dead letters: failed",
    mutants: [["what is kept has no end", "until > now", "true"]],
  },
  {
    file: "rules/stats.ts",
    nearest: "history: statistics",
    mutants: [
      [
        "a number that came before adds again",
        "if (number <= (stats.lastNumber(boot) ?? -Infinity)) return;",
        "",
      ],
      ["a number that came last adds again", "if (number <= (stats", "if (number < (stats"],
      [
        "numbers are of all boots",
        "  stats.setLastNumber(boot, number);\n",
        '  stats.setLastNumber("any", number);\n',
      ],
      [
        "numbers take the place of those before",
        "before === null ? { ...delta, task }",
        "true ? { ...delta, task }",
      ],
      ["there are any number of names", "names.length < MOST_NAMES ? name : OTHER_NAMES", "name"],
      [
        "other queues take each other's place",
        "const isShared = queue !== sample.queue && before !== null;",
        "const isShared = false;",
      ],
      ["a sample is added to the one before", "queue !== sample.queue && before !== null", "before !== null"],
      ["a slot that has not ended is computed", "slotAt(step, now));\n}", "now);\n}"],
      [
        "a slot takes the next one's numbers",
        "slotsOf(from!, at, at + stepMs)",
        "slotsOf(from!, at, at + stepMs + 1)",
      ],
      ["what has gone in part is made up", "slotAt(step, now - reach) + stepMs", "slotAt(step, now - reach)"],
      ["a slot begins when it is told of", "return at - (at % RINGS[step].stepMs);", "return at;"],
      [
        "a longer slot tells how queues stood at its beginning",
        "...samples.at(-1), oldestMs",
        "...samples[0], oldestMs",
      ],
      [
        "a longer slot tells the oldest of its end",
        "Math.max(...samples.map((sample) => sample.oldestMs))",
        "samples.at(-1)!.oldestMs",
      ],
      ["names are kept for ever", "  stats.dropNames(now - NAME_KEPT_MS);\n", ""],
      [
        "names go while they are told of",
        "stats.dropNames(now - NAME_KEPT_MS)",
        "stats.dropNames(now - 60_000)",
      ],
      [
        "boots go while they may come again",
        "stats.dropBoots(now - BOOT_KEPT_MS)",
        "stats.dropBoots(now + 1)",
      ],
      [
        "a range begins within its first slot",
        "Math.max(slotAt(step, from), oldest)",
        "Math.max(from, oldest)",
      ],
      ["all names are meant", "query.names?.includes(name) ?? true", "true"],
      ["an empty slot is told", "point.tasks.length + point.queues.length === 0 ? [] : [point]", "[point]"],
    ],
  },
  {
    file: "rules/record-query.ts",
    nearest: "history: queries",
    mutants: [
      ["the instant after which is not meant", "at < after ||", "at <= after ||"],
      ["the instant before which is meant", "at >= before", "at > before"],
      ["an id is meant by any part of it", "id.startsWith(beginning)", "id.includes(beginning)"],
      ["capitals are another text", "const text = query.text?.toLowerCase();", "const text = query.text;"],
      ["a text is meant in any field", "if (text !== undefined && !isInText(record, text)) return null;", ""],
      ["a state is meant in any field", "if (states && !states.has(record.state)) return null;", ""],
      ["any queue is meant", "queues && !queues.has(record.queue)", "false"],
      ["any entry is meant", 'entries && !entries.has(record.entry ?? "")', "false"],
      ["any task is meant", "tasks && !tasks(record.task)", "false"],
      ["any worker is meant", 'workers && !workers(record.worker ?? "")', "false"],
      ["a root is not meant itself", "record.root ?? id", 'record.root ?? ""'],
      ["any time is meant", "minRunMs !== undefined && (record.runMs ?? -1) < minRunMs", "false"],
      [
        "a glob is a name",
        "names.has(name) || patterns.some((pattern) => pattern.test(name))",
        "names.has(name)",
      ],
    ],
  },
  {
    file: "memory/history.ts",
    nearest: "history",
    mutants: [
      ["trimming leaves the newest of what is too many", "dropped >= tooMany", "dropped >= tooMany - 1"],
      ["age counts for nothing", "taskRecords[dropped]!.at >= now - maxAgeMs", "true"],
      ["a step drops more than it may", "Math.min(limit, taskRecords.length)", "taskRecords.length"],
      ["a page looks at more than it may", "scanned < budget.rows && ", ""],
      ["runs are told oldest first", ".reverse().slice(0, limit)", ".slice(0, limit)"],
    ],
  },
  {
    file: "memory/alerts.ts",
    nearest: "alerts",
    mutants: [
      [
        "an alert is raised beside one that stands",
        "before !== undefined || alerts.has(alert.id)",
        "alerts.has(alert.id)",
      ],
      ["two change an alert at once", "before?.version !== expect", "before === undefined"],
      [
        "what was seen and not raised is kept",
        "if (alert.clearedAt !== null && alert.raisedAt === null) alerts.delete",
        "if (false) alerts.delete",
      ],
      [
        "a change that is refused calls its webhooks",
        '        return "conflict";\n',
        '        for (const { id, url, body } of webhooks) outbox.set(id, { id, url, body, tries: 0, dueAt: now });\n        return "conflict";\n',
      ],
      ["a call is taken by two", "row.dueAt = now + leaseMs;", ""],
      ["a call is lost with who has taken it", "row.dueAt = now + leaseMs;", "row.dueAt = Infinity;"],
      ["tries are not counted", "row.tries++;", ""],
      [
        "a call that was made is made again",
        'if (typeof outcome === "string") outbox.delete(id);',
        'if (typeof outcome === "string") void id;',
      ],
      ["a call that failed is made again at once", "row.dueAt = now + outcome.retryInMs", "row.dueAt = now"],
      ["a mute has no end", "if (until !== null && until <= now) mutes.delete(key)", "void until, key"],
      ["a mute goes on at its end", "until <= now", "until < now"],
    ],
  },
  {
    file: "memory/leases.ts",
    nearest: "leases",
    mutants: [
      [
        "the watch is the lead of the beat",
        "const { leader } = state.leases[name];",
        "const { leader } = state.leases.beat;",
      ],
      [
        "who has the watch gives the lead up",
        "state.leases[name].leader = null;",
        "state.leases.beat.leader = null;",
      ],
      ["a lease has not ended at its end", "leader.until > now", "leader.until >= now"],
      [
        "any candidate has the lease",
        "current.id !== candidate.id || current.nonce !== candidate.nonce",
        "false",
      ],
      ["a nonce is enough", "current.id !== candidate.id || ", ""],
      ["an id is enough", " || current.nonce !== candidate.nonce", ""],
      ["a lease is not renewed", "        current.until = until;\n", ""],
      ["epochs go back with the clock", "Math.max(lease.epoch + 1, now * 1_000)", "now * 1_000"],
      ["anybody resigns for the holder", "current.id !== id || current.nonce !== nonce", "false"],
      ["nobody hears of a lease that was given up", "      publish(state, LEASE_TOPICS[name], id);\n", ""],
    ],
  },
];
