import type { ByteOps, Raw } from "../core/port.js";

/**
 * A message, a piece of one, or a control frame, as handed to MG_EV_WEBSOCKET_FRAME and CONTROL_FRAME (struct
 * websocket_message). It is valid during the handler's call only: keep `text` or `bytes()`, not the message.
 */
export class WebsocketMessage {
  /** First byte of the frame: 128 for the last or only piece, plus the opcode. */
  flags: number;
  /** Bytes. */
  size: number;
  _raw: Raw;
  _ops: ByteOps | undefined;

  constructor() {
    this.flags = 0;
    this.size = 0;
    this._raw = "";
    this._ops = undefined;
  }

  /** WEBSOCKET_OP_TEXT, WEBSOCKET_OP_BINARY, …: what to answer in kind with. */
  get op(): number {
    return this.flags & 15;
  }

  /** The payload as text, decoded from UTF-8. */
  get text(): string {
    return this.size ? (this._ops as ByteOps).utf8(this._raw, 0, this.size) : "";
  }

  /** A copy of the payload's bytes. */
  bytes(): Uint8Array {
    return this.size ? (this._ops as ByteOps).bytes(this._raw, 0, this.size) : new Uint8Array(0);
  }

  /** Close frame: its code; 1005 when it has none (RFC 6455 §7.1.5). */
  get closeCode(): number {
    if (this.size < 2) return 1005;
    const b = (this._ops as ByteOps).latin1(this._raw, 0, 2);
    return (b.charCodeAt(0) << 8) | b.charCodeAt(1);
  }

  /** Close frame: its reason; "" when it has none. */
  get closeReason(): string {
    return this.size > 2 ? (this._ops as ByteOps).utf8(this._raw, 2, this.size) : "";
  }
}
