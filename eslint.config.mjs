/*
 * The lint: ESLint's and typescript-eslint's recommended rules, and those house rules that a linter can see. What needs
 * more than one file (who imports whom), and sizes, is in test/unit/tidy.test.ts.
 */

import { builtinRules } from "eslint/use-at-your-own-risk";
import tseslint from "typescript-eslint";

/** What @eslint/js calls recommended, asked of the rules themselves: one package less. */
const recommended = Object.fromEntries([...builtinRules].filter(([, rule]) => rule.meta.docs?.recommended).map(([name]) => [name, "error"]));

/** Unused is an error; a parameter that must be there for those behind it starts with `_`. */
const unused = ["error", { args: "after-used", argsIgnorePattern: "^_", caughtErrors: "none" }];

const houseRules = {
  // `== null` for "null or undefined" is how one asks for both.
  eqeqeq: ["error", "always", { null: "ignore" }],
  "no-var": "error",
  "prefer-const": "error",
  "no-labels": "error",
  "no-eval": "error",
  // Three is the aim; the fourth is for loops over lists of lists, and for the hot path, where a function is a cost.
  "max-depth": ["error", 4],
  "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
  "@typescript-eslint/no-unused-vars": unused,
  // Heads are checked for control characters: that is what such an expression is for.
  "no-control-regex": "off",
};

export default tseslint.config(
  // Fixtures are programs that the build has to refuse.
  { ignores: ["dist/", "out/", "node_modules/", "test/fixtures/"] },
  { files: ["**/*.ts"], rules: recommended },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    // TypeScript knows which names exist, and better.
    rules: { ...houseRules, "no-undef": "off" },
  },
  {
    // Espruino's modules come by require(), and the platform decides when: each takes memory from its first use on.
    files: ["platform/espruino/**", "examples/**", "bench/espruino/**"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // mocha loads its reporters as CommonJS.
    files: ["**/*.cjs"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // A test's error is read in mocha's report, which shows the message; the messages carry what was caught.
    files: ["test/**"],
    rules: { "preserve-caught-error": "off" },
  },
);
