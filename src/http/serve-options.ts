import type { Connection } from "../core/connection.js";
import type { Files } from "../core/port.js";
import type { HttpMessage } from "./message.js";

/** Options of `httpServeFile`, and of every file that `serveHttp` sends. */
export interface ServeFileOptions {
  /** The store; default: the platform's own. Another one is a directory elsewhere (Node), or files packed into the bundle. */
  files?: Files;
  /** Media type; default: by the ending of the name. */
  mimeType?: string;
  /** Types that go before the usual ones: ".x=type,.y=type" (custom_mime_types). */
  customMimeTypes?: string;
  /** More header lines for what is sent, each ending in CRLF (extra_headers). */
  extraHeaders?: string;
  /**
   * Cache-Control; "" for none. Default "no-cache": the browser asks each time and gets a 304 without a body, so that a
   * page that was changed is seen at once. "max-age=31536000, immutable" for names that change with their contents.
   */
  cacheControl?: string;
}

/** Options of `serveHttp` (struct mg_serve_http_opts). */
export interface ServeOptions extends ServeFileOptions {
  /** Directory in the store whose contents are served; default: all of it. */
  documentRoot?: string;
  /** What stands for a directory, the first that there is; default "index.html,index.htm,index.shtml". */
  indexFiles?: string;
  /** Answers for a directory without an index file: `directoryListing`. Default: 404. */
  directoryListing?: PathServer;
  /** Executes pages with server-side includes: `ssi`. Default: they are sent as they are. */
  ssi?: PathServer;
  /** Which pages those are; default "**.shtml$|**.shtm$". */
  ssiPattern?: string;
  /** Names of files and directories that do not exist for clients, besides those with a dot in front (hidden_file_pattern). */
  hiddenFilePattern?: string;
  /** `true`: names with a dot in front exist too. Default: ".well-known" only. */
  dotFiles?: boolean;
  /** Who may ask, as in `checkIpAcl`; others get 403. */
  ipAcl?: string;
  /** Leads requests elsewhere: made by `urlRewrites`. */
  urlRewrites?: UrlRewriter;
  /** Asked before anything is looked up, with the path and the store it is in: false when it has refused the request itself (401). */
  auth?: (nc: Connection, hm: HttpMessage, path: string, files: Files) => boolean;
  /** File in the store that is sent with status 404. */
  page404?: string;
}

/** Where a request leads. */
export interface Target {
  files: Files;
  /** Directory in the store, "" for its root; without a slash at the end. */
  root: string;
  /** The path asked for, undecoded, beginning with a slash. */
  uri: string;
}

/** Changes where a request leads. Answers true when it has replied itself. */
export type UrlRewriter = (nc: Connection, hm: HttpMessage, target: Target) => boolean;

/** Answers for a path in the store; false when it is none of its own. */
export type PathServer = (nc: Connection, hm: HttpMessage, path: string, target: Target, options: ServeOptions) => boolean;
