import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

/**
 * Says of each test that was skipped which it was; its name has the reason. Without it only their number is printed. Those
 * that `-t` leaves out were not asked for. And says which file had no end, where its process has ended by itself: Vitest tells only that
 * one has.
 */
export class SkipsTold implements Reporter {
  readonly #skipped: string[] = [];
  #isPart = false;

  onInit({ config }: Vitest): void {
    this.#isPart = config.testNamePattern !== undefined;
  }

  onTestCaseResult(test: TestCase): void {
    if (this.#isPart || test.result().state !== "skipped") return;
    this.#skipped.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const name of this.#skipped) console.log(`skipped: ${name}`);
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const open = tests.filter((test) => test.result().state === "pending");
      if (open.length === 0 && module.state() !== "pending" && module.state() !== "queued") continue;
      console.log(`no end: ${module.relativeModuleId}, ${open.length} of ${tests.length} tests`);
      for (const test of open.slice(0, 3)) console.log(`  ${test.fullName}`);
    }
  }
}
