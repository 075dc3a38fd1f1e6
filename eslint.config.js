import tseslint from "typescript-eslint";

/** Time and randomness enter through src/core only; everything else receives a Clock or a Random. */
const oneDoor = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: "Take a Clock (core/clock.ts).",
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Take a Clock (core/clock.ts).",
  },
  { selector: "CallExpression[callee.object.name='performance']", message: "Take a Clock (core/clock.ts)." },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Take a Random (core/random.ts).",
  },
];
const timers = ["setTimeout", "setInterval", "setImmediate", "performance"].map((name) => ({
  name,
  message: "Take a Clock (core/clock.ts).",
}));

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "coverage/**", "test/fixtures/**", "bench/results/**"] },
  {
    files: ["src/**/*.ts", "test/**/*.ts", "examples/**/*.ts", "vitest.config.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // Contract methods are async even where one store answers at once.
      "@typescript-eslint/require-await": "off",
      "no-restricted-imports": [
        "error",
        { patterns: ["node:perf_hooks", "node:timers", "node:timers/promises"] },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/core/clock.ts", "src/core/random.ts", "src/testing/manual-clock.ts"],
    rules: { "no-restricted-syntax": ["error", ...oneDoor], "no-restricted-globals": ["error", ...timers] },
  },
);
