/** Control characters, tab excepted: no part of a message head may contain them (RFC 9110 §5.5). */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/;
const NOT_TOKEN = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;

/** Whether there is a control character other than tab. */
export function hasControls(text: string): boolean {
  return CONTROLS.test(text);
}

/** Whether the text is a token: a method, a field's name, … (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return text !== "" && !NOT_TOKEN.test(text);
}

/** Whether a line, without its CRLF, is a header field (RFC 9112 §5): no space before the colon, nothing folded. */
export function isField(line: string): boolean {
  const colon = line.indexOf(":");
  return colon > 0 && !NOT_TOKEN.test(line.slice(0, colon)) && !CONTROLS.test(line);
}
