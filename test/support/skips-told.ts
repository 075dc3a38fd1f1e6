import type { Reporter, TestCase, Vitest } from "vitest/node";

/**
 * Says of each test that was skipped which it was; its name has the reason. Without it only their number is printed. Those
 * that `-t` leaves out were not asked for.
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

  onTestRunEnd(): void {
    for (const name of this.#skipped) console.log(`skipped: ${name}`);
  }
}
