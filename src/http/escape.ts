/** Text that stands for itself in HTML, in quotes as well: `& < > " '` as references (mg_printf_html_escape). */
export function htmlEscape(text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  return text.split("&").join("&amp;").split("<").join("&lt;").split(">").join("&gt;").split('"').join("&quot;").split("'").join("&#39;");
}
