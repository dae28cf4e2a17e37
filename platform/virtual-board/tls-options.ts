/**
 * Owns: what `tls.connect` of the firmware takes as certificates, in the form a host platform takes. The firmware wants
 * DER in binary strings and verifies nothing; both are kept, so a program cannot come to rely on more.
 */

import { createPrivateKey } from "node:crypto";
import type { TlsOptions } from "../../src/core/port.js";
import type { JsObject } from "./realm.js";

/** The port's options: no server name is sent, and any certificate will do. */
export function tlsOptionsOf(options: JsObject): TlsOptions {
  return {
    verify: false,
    serverName: "",
    ca: certificateOf(options.ca),
    cert: certificateOf(options.cert),
    key: keyOf(options.key),
  };
}

function certificateOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (value.startsWith("-----BEGIN")) return value;
  const body = Buffer.from(value, "latin1").toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

/** PKCS#8, or PKCS#1 as `openssl genrsa` once wrote it; undefined for what is neither. */
function keyOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (value.startsWith("-----BEGIN")) return value;
  const key = Buffer.from(value, "latin1");
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key, format: "der", type }).export({ format: "pem", type: "pkcs8" }).toString();
    } catch {
      // Not in this form; the next one.
    }
  }
  return undefined;
}
