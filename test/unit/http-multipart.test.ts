import assert from "node:assert/strict";
import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import type { Raw } from "../../src/core/port.js";
import { Found, MultipartReader } from "../../src/http/multipart.js";
import { multipartBoundary, parsePartHead } from "../../src/http/multipart-head.js";

interface Outcome {
  /** Head and data of each part; data ends in "…" when the part does not end. */
  parts: [head: string, data: string][];
  /** 0, or what the body is refused with. */
  status: number;
  isOver: boolean;
  /** Most bytes of data that were kept back after a call. */
  heldMax: number;
}

const FORMS: RawForm[] = ["array", "string"];

/** Reads a body that comes in `pieces`; `takeMax`: most bytes of data taken at once. */
function read(pieces: string[], form: RawForm, boundary = "b", headMax = 200, takeMax = Infinity): Outcome {
  const ops = byteOpsFor(form);
  const reader = new MultipartReader(ops, boundary, headMax);
  const out: Outcome = { parts: [], status: 0, isOver: false, heldMax: 0 };
  let raw: Raw = form === "string" ? "" : new Uint8Array(0);
  let isOpen = false;
  for (const piece of pieces) {
    raw = ops.concat(raw, piece);
    for (;;) {
      const found = reader.next(raw);
      if (found < 0) return { ...out, status: -found };
      if (found === Found.More && !reader.used) break;
      const text = ops.latin1(raw, 0, reader.size);
      const part = out.parts[out.parts.length - 1];
      if (found === Found.Head) out.parts.push([text, ""]);
      if (found === Found.Data) {
        assert.ok(isOpen && reader.size > 0 && reader.used === reader.size);
        if (reader.size > takeMax) reader.take(takeMax);
        part[1] += text.slice(0, reader.used);
      }
      if (found === Found.Head || found === Found.End) isOpen = found === Found.Head;
      assert.ok(reader.used <= raw.length, "uses bytes that are not there");
      raw = ops.slice(raw, reader.used, raw.length);
    }
    if (isOpen) out.heldMax = Math.max(out.heldMax, raw.length);
  }
  if (isOpen) out.parts[out.parts.length - 1][1] += "…";
  out.isOver = reader.isOver;
  return out;
}

/** Reads `body` whole, byte by byte, cut in two at every place, and taking few bytes at once: the outcome must be the same. */
function readAll(body: string, boundary = "b", headMax = 200): Outcome {
  const whole = read([body], "string", boundary, headMax);
  const check = (o: Outcome, how: string): void => assert.deepEqual([o.parts, o.status, o.isOver], [whole.parts, whole.status, whole.isOver], how);
  for (const form of FORMS) {
    check(read([...body], form, boundary, headMax), "byte by byte");
    check(read([body], form, boundary, headMax, 1), "taking one byte at once");
    check(read([...body], form, boundary, headMax, 3), "byte by byte, taking three");
    for (let at = 1; at < body.length; at++) check(read([body.slice(0, at), body.slice(at)], form, boundary, headMax), `cut at ${at}`);
  }
  return whole;
}

const HEAD = 'Content-Disposition: form-data; name="a"';

function partsOf(body: string, boundary?: string): [string, string][] {
  const out = readAll(body, boundary);
  assert.deepEqual([out.status, out.isOver], [0, true]);
  return out.parts;
}

describe("MultipartReader", () => {
  it("gives head and data of each part, however the bytes are cut", () => {
    assert.deepEqual(partsOf(`--b\r\n${HEAD}\r\n\r\none\r\n--b\r\n${HEAD}\r\nX: y\r\n\r\ntwo\r\n--b--\r\n`), [[HEAD, "one"], [HEAD + "\r\nX: y", "two"]]);
  });

  it("passes over preamble, padding behind a boundary, and epilogue", () => {
    assert.deepEqual(partsOf(`Hello\r\nb--b\r\n--b \t \r\n${HEAD}\r\n\r\none\r\n--b--  \r\n--b\r\n\r\nmore`), [[HEAD, "one"]]);
    assert.deepEqual(partsOf(`\r\n--b\r\n${HEAD}\r\n\r\none\r\n--b--`), [[HEAD, "one"]]);
  });

  it("takes sixteen spaces behind a boundary for padding, and more for data", () => {
    assert.deepEqual(partsOf(`--b${" ".repeat(16)}\r\n${HEAD}\r\n\r\none\r\n--b${"\t".repeat(16)}\r\n${HEAD}\r\n\r\ntwo\r\n--b--`), [[HEAD, "one"], [HEAD, "two"]]);
    assert.deepEqual(partsOf(`--b${" ".repeat(17)}\r\n--b\r\n${HEAD}\r\n\r\none\r\n--b--`), [[HEAD, "one"]]);
  });

  it("takes a body without parts", () => {
    assert.deepEqual(partsOf("--b--\r\n"), []);
    assert.deepEqual(partsOf("text\r\n--b--"), []);
  });

  it("takes an empty part with the blank line's own end before the boundary, and with another", () => {
    assert.deepEqual(partsOf(`--b\r\n${HEAD}\r\n\r\n--b\r\n${HEAD}\r\n\r\n\r\n--b--`), [[HEAD, ""], [HEAD, ""]]);
  });

  it("answers an empty head where a delimiter is followed by a blank line", () => {
    assert.deepEqual(partsOf(`--b\r\n\r\nx\r\n--b--`), [["", "x"]]);
    assert.deepEqual(partsOf(`--b\r\n\r\n--b--`), [["", ""]]);
  });

  it("takes as data what is not a whole delimiter at the start of a line", () => {
    for (const data of ["x--b\r\n", "\n--b\r\n", "\r--b", "\r\n-b\r\n", "\r\n--", "\r\n--\r\n--", "\r\n--bx\r\n", "\r\n--b-x", "\r\n--b x\r\n", "\r\n--B\r\n", "\r\n\r\n", "\r", "\r\r\n-", "--bb\r\n--", "\r\n--b" + " ".repeat(17) + "\r\n", "\x00\xff\r\x80", "\r\n--b\t\r\t"]) {
      assert.deepEqual(partsOf(`--b\r\n${HEAD}\r\n\r\n${data}\r\n--b--`), [[HEAD, data]], JSON.stringify(data));
    }
  });

  it("leaves a multipart body within a part alone", () => {
    const inner = "--bb\r\n\r\nx\r\n--bb--\r\n";
    assert.deepEqual(partsOf(`--b\r\n${HEAD}\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n${inner}\r\n--b--`).map((p) => p[1]), [inner]);
  });

  it("takes a boundary of 70 characters", () => {
    const boundary = "-".repeat(40) + "0123456789'()+_,./:=? abc____z";
    assert.equal(boundary.length, 70);
    assert.deepEqual(partsOf(`--${boundary}\r\n${HEAD}\r\n\r\n--${"-".repeat(40)}\r\n--${boundary}--`, boundary), [[HEAD, "--" + "-".repeat(40)]]);
  });

  it("never holds back more than a boundary and a few bytes", () => {
    const data = "x\r\n--\r\n--boundar\r\r\n--boundaryy\r\n\r\n" + "\r".repeat(50) + "y".repeat(50);
    for (const form of FORMS) {
      const out = read([...`--boundary\r\n${HEAD}\r\n\r\n${data}\r\n--boundary--`], form, "boundary", 200);
      assert.deepEqual(out.parts, [[HEAD, data]]);
      assert.ok(out.heldMax <= "\r\n--boundary".length + 18, `holds ${out.heldMax}`);
    }
    assert.equal(read([`--boundary\r\n${HEAD}\r\n\r\nplain data`], "string", "boundary").parts[0][1], "plain data…", "nothing held where nothing can begin");
  });

  it("is not over before the last delimiter", () => {
    const body = `--b\r\n${HEAD}\r\n\r\none\r\n--b--`;
    for (let at = 0; at < body.length; at++) assert.equal(readAll(body.slice(0, at)).isOver, false, `at ${at}`);
  });

  it("refuses a preamble of more than 1024 bytes, however it comes", () => {
    assert.equal(read(["x".repeat(1025) + `\r\n--b--`], "string").status, 400);
    assert.equal(read([..."x".repeat(1100)], "array").status, 400);
    assert.equal(read([..."x".repeat(1024), "\r\n--b--"], "array").isOver, true);
  });

  it("refuses a head that is too long, before it is whole", () => {
    const line = "X: " + "y".repeat(97);
    assert.deepEqual(readAll(`--b\r\n${line}\r\n\r\nz\r\n--b--`, "b", 100).parts, [[line, "z"]]);
    assert.equal(read([`--b\r\n${line}z\r\n\r\n`], "string", "b", 100).status, 431);
    assert.equal(read([..."--b\r\n" + line + "zzzz"], "array", "b", 100).status, 431);
  });
});

describe("multipartBoundary", () => {
  const of = (rest: string): string | undefined => multipartBoundary("multipart/form-data" + rest);

  it("finds the boundary, quoted or not", () => {
    assert.equal(of("; boundary=abc"), "abc");
    assert.equal(of(';boundary="a b:c"'), "a b:c");
    assert.equal(of("; charset=utf-8 ; BOUNDARY=----WebKitFormBoundary7MA4YWxkTrZu0gW"), "----WebKitFormBoundary7MA4YWxkTrZu0gW");
    assert.equal(of("; x=\"a;boundary=no\"; boundary==_Part/1'()+,.:=?;"), "=_Part/1'()+,.:=?");
    assert.equal(multipartBoundary("Multipart/Form-Data ; boundary=a"), "a");
    assert.equal(of("; boundary=" + "a".repeat(70)), "a".repeat(70));
  });

  it("leaves other types alone", () => {
    for (const type of ["", "text/plain", "multipart/mixed; boundary=a", "multipart/form-dataX; boundary=a", "x; multipart/form-data"]) assert.equal(multipartBoundary(type), undefined, type);
  });

  it("answers nothing usable for a missing, repeated or malformed one", () => {
    for (const rest of ["", ";", "; boundary", "; boundary=", '; boundary=""', '; boundary="a', "; boundary=a; boundary=a", '; boundary="a "', "; boundary=a{b", "; boundary=a\xe9", "; boundary=" + "a".repeat(71), '; boundary="a"b', "; =a; boundary=b"]) {
      assert.equal(of(rest), "", rest);
    }
  });
});

describe("parsePartHead", () => {
  const parse = (head: string): unknown => {
    const part = { varName: "", fileName: undefined as string | undefined, contentType: "" };
    const why = parsePartHead(byteOpsFor("array"), Buffer.from(head, "utf8").toString("latin1"), part);
    return why || [part.varName, part.fileName, part.contentType];
  };
  const name = (params: string): unknown => parse("Content-Disposition: form-data" + params);

  it("finds name, file name and type", () => {
    assert.deepEqual(parse('content-DISPOSITION:form-data; name="a"; filename="b.txt"\r\nContent-Type: text/plain; charset=x'), ["a", "b.txt", "text/plain; charset=x"]);
    assert.deepEqual(name("; name=a"), ["a", undefined, ""]);
    assert.deepEqual(name(';filename=b.txt ; name="" ;'), ["", "b.txt", ""]);
    assert.deepEqual(name('; name="a;b=c"; filename=""'), ["a;b=c", "", ""]);
  });

  it("decodes names as browsers, curl and old clients write them", () => {
    assert.deepEqual(name('; name="é€😀"; filename="日本.txt"'), ["é€😀", "日本.txt", ""]);
    assert.deepEqual(name('; name="a%22b%0D%0Ac%41"'), ['a"b\r\nc%41', undefined, ""]);
    assert.deepEqual(name('; name="a\\"b"; filename="c\\\\d"'), ['a"b', "c\\d", ""]);
    assert.deepEqual(name('; name="a"; filename="C:\\dir\\file.txt"'), ["a", "C:\\dir\\file.txt", ""]);
    assert.deepEqual(name('; name="a"; filename="b\\"'), ["a", "b\\", ""]);
  });

  it("passes over filename* and other parameters", () => {
    assert.deepEqual(name("; name=a; filename*=UTF-8''x.txt; z=1"), ["a", undefined, ""]);
  });

  it("refuses a part that does not say what it is", () => {
    assert.equal(parse(""), "Part without Content-Disposition");
    assert.equal(parse("Content-Type: text/plain"), "Part without Content-Disposition");
    assert.equal(name(""), "Part without a name");
    assert.equal(name("; filename=x"), "Part without a name");
    assert.match(String(parse("Content-Disposition: attachment; name=a")), /must be form-data/);
  });

  it("refuses what is malformed", () => {
    for (const params of ['; name="a', "; name=", "; name", '; name="a"x', ' name="a"', '; name=a"b', "; n[=a; name=b", "; name=a; name=a", "; name=a; filename=b; filename=c"]) {
      assert.equal(typeof name(params), "string", params);
    }
    const good = "Content-Disposition: form-data; name=a\r\n";
    for (const line of [" folded", "no colon", "--b", ": x", "a b: c", "a : c", "A: \x01", "A: b\rc", "A: b\nc", "Content-Disposition: form-data; name=a", "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 8"]) {
      assert.equal(typeof parse(good + line), "string", JSON.stringify(line));
    }
    assert.deepEqual(parse(good + "Content-Transfer-Encoding: Binary"), ["a", undefined, ""]);
  });
});
