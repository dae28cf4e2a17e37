import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { resolve } from "node:path";
import { shortPath } from "./build/problem.js";

/**
 * A function that puts the author's places into lines of a console: `hello.js:1:2345` becomes `examples/hello.ts:7:3`.
 * `fileName` is what the bundle is called there, `mapDir` the directory that the map's sources are relative to.
 */
export function sourcePlaces(map: string, fileName: string, mapDir: string): (line: string) => string {
  const sources = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const pattern = new RegExp(`\\b${fileName.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:(\\d+):(\\d+)`, "g");
  return (line) =>
    line.replace(pattern, (place: string, row: string, column: string) => {
      // Places in a trace count from 1, those in the map from 0.
      const entry = sources.findEntry(Number(row) - 1, Number(column) - 1);
      if (!("originalSource" in entry)) return place;
      const file = shortPath(resolve(mapDir, entry.originalSource));
      return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}
