import { defineConfig } from "vitest/config";
import { SkipsTold } from "./test/support/skips-told.js";

/** Programs that are started, signalled and killed for real, a few seconds each. */
const PROGRAMS = [
  "test/cli/credentials.test.ts",
  "test/cli/processes.test.ts",
  "test/store/sqlite/backups.test.ts",
  "test/store/sqlite/processes.test.ts",
  "test/store/sqlite/signals.test.ts",
];
/** Sentinels and Clusters, with the conformance suite on each. */
const TOPOLOGIES = ["test/store/redis/topologies.test.ts"];
const MUTANTS = ["test/store/rules/mutants.test.ts"];

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
          exclude: ["test/faults/**", "test/versions/**", ...PROGRAMS, ...TOPOLOGIES, ...MUTANTS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Each check of the rules is taken out in turn, and the conformance suite must see it.
        extends: true,
        test: {
          name: "mutants",
          include: MUTANTS,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: { name: "programs", include: PROGRAMS, sequence: { groupOrder: 4 } },
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
