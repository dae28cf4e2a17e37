/**
 * Owns: `require("crypto")`: the digests (libs/crypto/jswrap_crypto.c). Ciphers are absent.
 */

import { createHash } from "node:crypto";
import { binaryOf } from "./bytes.js";
import type { JsObject, Realm } from "./realm.js";
import { defineNatives } from "./realm.js";

const DIGESTS = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"];

/** The library object; each digest takes a string or an array and answers an ArrayBuffer. */
export function createCryptoLibrary(realm: Realm): JsObject {
  const library = realm.object();
  for (const name of DIGESTS) {
    const digest = (message: unknown): ArrayBufferLike => {
      const hash = createHash(name.toLowerCase()).update(Buffer.from(binaryOf(message), "latin1"));
      return realm.bytes(hash.digest().toString("latin1")).buffer;
    };
    defineNatives(library, { [name]: digest });
  }
  return library;
}
