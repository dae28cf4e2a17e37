/*
 * The build: what the command line and rollup.config.mjs call.
 */

export { boardDefines, buildBundle, bundleConfig } from "./bundle.js";
export type { Bundle, BundleConfigOptions, BundleOptions } from "./bundle.js";
export { buildNode } from "./node-bundle.js";
export type { NodeBundle, NodeBundleOptions } from "./node-bundle.js";
export { readPack } from "./pack.js";
export type { PackedFile } from "./pack.js";
export { formatProblem, isBuildError } from "./problem.js";
export type { BuildError, Problem } from "./problem.js";
export { formatReport } from "./report.js";
export type { Report } from "./report.js";
