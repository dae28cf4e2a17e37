/** One part of a multipart body (struct mg_http_multipart_part). The same object serves all events of a part. */
export interface HttpPart {
  /** The field's name; "" in MULTIPART_REQUEST_END. */
  varName: string;
  /** The file's name as the client gave it; undefined for a plain field. */
  fileName: string | undefined;
  /** The part's Content-Type; "" without. */
  contentType: string;
  /** Bytes of this piece. */
  dataLength: number;
  /** 0, or negative: the body was cut off. */
  status: number;
  /** How much of this piece was used: preset to all of it. Less: the rest is offered again. */
  numDataConsumed: number;
  /** Anything the program wants to keep until the request is over. */
  userData: unknown;
  /** The piece as text (UTF-8). */
  text(): string;
  /** A copy of the piece's bytes. */
  bytes(): Uint8Array;
}
