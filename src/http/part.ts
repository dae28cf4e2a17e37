import type { Mbuf } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";

/** One part of a multipart body (struct mg_http_multipart_part). The same object serves all parts of a request. */
export interface HttpPart {
  /** The field's name; "" in MULTIPART_REQUEST_END. */
  varName: string;
  /** The file's name as the client gave it; undefined for a plain field. */
  fileName: string | undefined;
  /** The part's Content-Type; "" without. */
  contentType: string;
  /** Bytes of this piece. */
  dataLength: number;
  /** In PART_END and MULTIPART_REQUEST_END: 0, or -1 when the body was cut off, malformed or replied to before its end: then there is nothing to reply. */
  status: number;
  /** How much of this piece was used: preset to all of it. Less: the rest is offered again (see `httpWakeBody`). */
  numDataConsumed: number;
  /** Anything the program wants to keep until the request is over. */
  userData: unknown;
  /** The piece as text (UTF-8). */
  text(): string;
  /** A copy of the piece's bytes. */
  bytes(): Uint8Array;
  /** The piece as the platform has it, for a file or a digest; not to be kept. */
  raw(): Raw;
}

/** A part as handlers see it: one object for all parts of a request. */
export class Part implements HttpPart {
  varName: string;
  fileName: string | undefined;
  contentType: string;
  dataLength: number;
  status: number;
  numDataConsumed: number;
  userData: unknown;
  /** Where the piece lies while the handler runs, and its first byte there. */
  _m: Mbuf | undefined;
  _from: number;

  constructor() {
    this.varName = "";
    this.fileName = undefined;
    this.contentType = "";
    this.dataLength = 0;
    this.status = 0;
    this.numDataConsumed = 0;
    this.userData = undefined;
    this._m = undefined;
    this._from = 0;
  }

  text(): string {
    return this._m && this.dataLength ? this._m.text(this._from, this._from + this.dataLength) : "";
  }

  bytes(): Uint8Array {
    return this._m ? this._m.slice(this._from, this._from + this.dataLength) : new Uint8Array(0);
  }

  raw(): Raw {
    const m = this._m;
    return m ? m._pool._ops.slice(m._pullup(), this._from, this._from + this.dataLength) : "";
  }
}
