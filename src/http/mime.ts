/**
 * Extensions and what they are, as one text: on a board that is a string in flash, where a table would be variables.
 * Text is UTF-8 (a browser would guess otherwise).
 */
const TYPES =
  ",html=text/html; charset=utf-8,htm=text/html; charset=utf-8,shtml=text/html; charset=utf-8,shtm=text/html; charset=utf-8" +
  ",css=text/css; charset=utf-8,js=text/javascript; charset=utf-8,mjs=text/javascript; charset=utf-8,json=application/json" +
  ",txt=text/plain; charset=utf-8,md=text/markdown; charset=utf-8,log=text/plain; charset=utf-8,csv=text/csv; charset=utf-8" +
  ",xml=application/xml,svg=image/svg+xml,png=image/png,jpg=image/jpeg,jpeg=image/jpeg,gif=image/gif,webp=image/webp" +
  ",avif=image/avif,ico=image/x-icon,bmp=image/bmp,woff=font/woff,woff2=font/woff2,ttf=font/ttf,mp3=audio/mpeg,wav=audio/wav" +
  ",ogg=audio/ogg,mp4=video/mp4,webm=video/webm,pdf=application/pdf,zip=application/zip,gz=application/gzip,tar=application/x-tar" +
  ",wasm=application/wasm,map=application/json,webmanifest=application/manifest+json,";

/**
 * The media type of a file by the ending of its name, without regard to case. `custom` comes first: ".x=type,.y=type" as in
 * Mongoose's custom_mime_types. "application/octet-stream" for what is unknown, so that no browser takes it for a page.
 */
export function mimeType(path: string, custom?: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
  if (!ending) return "application/octet-stream";
  return (custom && entry("," + custom + ",", ",." + ending + "=")) || entry(TYPES, "," + ending + "=") || "application/octet-stream";
}

function entry(table: string, key: string): string {
  const at = table.toLowerCase().indexOf(key);
  return at < 0 ? "" : table.slice(at + key.length, table.indexOf(",", at + 1));
}
