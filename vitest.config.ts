import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One Redis for the whole run; every test has a namespace of its own on it.
    globalSetup: ["test/support/redis-shared.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Workers are forks: the SQLite drivers are native, and process tests send signals.
    pool: "forks",
    typecheck: { enabled: false },
  },
});
