/** The reason phrase of a status code (RFC 9110 §15), "" for one without a name here (mg_status_message). */
export function statusMessage(status: number): string {
  if (status === 200) return "OK";
  // One text, searched when it is asked for: a table would take some hundred variables of a board for good.
  const all =
    "|100 Continue|101 Switching Protocols|200 OK|201 Created|202 Accepted|204 No Content" +
    "|206 Partial Content|301 Moved Permanently|302 Found|303 See Other|304 Not Modified" +
    "|307 Temporary Redirect|308 Permanent Redirect|400 Bad Request|401 Unauthorized|403 Forbidden" +
    "|404 Not Found|405 Method Not Allowed|406 Not Acceptable|408 Request Timeout|409 Conflict" +
    "|411 Length Required|412 Precondition Failed|413 Content Too Large|414 URI Too Long" +
    "|415 Unsupported Media Type|416 Range Not Satisfiable|417 Expectation Failed|426 Upgrade Required" +
    "|429 Too Many Requests|431 Request Header Fields Too Large|500 Internal Server Error" +
    "|501 Not Implemented|503 Service Unavailable|505 HTTP Version Not Supported|507 Insufficient Storage|";
  const at = all.indexOf("|" + status + " ");
  return at < 0 ? "" : all.slice(at + 5, all.indexOf("|", at + 5));
}
