import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { SkipsTold } from "./test/support/skips-told.js";

/** Programs and children that are started, signalled and killed for real, a few seconds each, and the conformance suite over other clients. */
const PROGRAMS = [
  "test/examples.test.ts",
  "test/conformance/redis-client.test.ts",
  "test/store/redis/access.test.ts",
  "test/store/redis/ioredis5.test.ts",
  "test/store/sqlite/names.test.ts",
  "test/signing/programs.test.ts",
  "test/worker/pools/asked.test.ts",
  "test/worker/pools/life.test.ts",
  "test/worker/pools/outcomes.test.ts",
  "test/signals/pools.test.ts",
  "test/telemetry/otel-pools.test.ts",
  "test/cli/alerts.test.ts",
  "test/cli/call.test.ts",
  "test/cli/calendar-import.test.ts",
  "test/cli/camera.test.ts",
  "test/cli/credentials.test.ts",
  "test/cli/dashboard.test.ts",
  "test/cli/dead.test.ts",
  "test/cli/doctor.test.ts",
  "test/cli/entry-windows.test.ts",
  "test/cli/escapes.test.ts",
  "test/cli/graph.test.ts",
  "test/cli/include.test.ts",
  "test/cli/locks.test.ts",
  "test/cli/logs.test.ts",
  "test/cli/pools.test.ts",
  "test/cli/processes.test.ts",
  "test/cli/queues.test.ts",
  "test/cli/schedule-import.test.ts",
  "test/cli/schedule-plan.test.ts",
  "test/cli/schedule-set.test.ts",
  "test/cli/tasks.test.ts",
  "test/docs/cli-page.test.ts",
  "test/store/sqlite/backups.test.ts",
  "test/store/sqlite/logs.test.ts",
  "test/store/sqlite/processes.test.ts",
  "test/store/sqlite/signals.test.ts",
];
/** Sentinels and Clusters, with the conformance suite on each. */
const TOPOLOGIES = ["test/store/redis/topologies.test.ts"];
const MUTANTS = [
  "test/monitor/mutants.test.ts",
  "test/store/rules/monitoring-mutants.test.ts",
  "test/store/rules/mutants.test.ts",
  "test/signing/mutants.test.ts",
  "test/dashboard/mutants.test.ts",
  "test/http/mutants.test.ts",
];
/** Without it Vitest leaves one processor free, which on two is half of them. For what does not measure time. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    // Against tests that hang, not against slow machines.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Workers are forks: the SQLite drivers are native, and process tests send signals.
    pool: "forks",
    // One Redis for the whole run; every test has a namespace of its own on it.
    globalSetup: ["test/support/redis-shared.ts"],
    reporters: ["default", new SkipsTold()],
    projects: [
      {
        extends: true,
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/browser/**",
            "test/faults/**",
            "test/versions/**",
            ...PROGRAMS,
            ...TOPOLOGIES,
            ...MUTANTS,
          ],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Each check of the rules and of the HTTP guard is taken out in turn, and some case must see it.
        extends: true,
        test: {
          name: "mutants",
          include: MUTANTS,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: { name: "programs", include: PROGRAMS, maxWorkers, sequence: { groupOrder: 4 } },
      },
      {
        extends: true,
        test: { name: "topologies", include: TOPOLOGIES, sequence: { groupOrder: 5 } },
      },
      {
        // Crews of processes that are killed and stopped: one file at a time and after the rest, so that what they
        // measure against (leases, heartbeats) is the fault and not the neighbour.
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Pages in a real browser, over a system that runs.
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["test/browser/install.ts"],
          maxWorkers,
          sequence: { groupOrder: 6 },
        },
      },
      {
        // The build of an earlier commit beside the present one, on one store.
        extends: true,
        test: {
          name: "versions",
          include: ["test/versions/**/*.test.ts"],
          globalSetup: ["test/versions/base-build.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
