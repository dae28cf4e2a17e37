/*
 * The page of the demo: all of it, so that a phone that is on the board's own Wi-Fi and nowhere else can show it.
 * It shows what comes over a WebSocket, and nothing else: the switch moves when the device says that it did. When nothing
 * comes any more it says so, and tries again and again, less and less often.
 */

/** HTML, in ASCII. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>meerkat</title>
<link rel="icon" href="data:,">
<style>
:root{color-scheme:light dark;--bg:#f3f1ea;--card:#fff;--ink:#23211c;--dim:#625d52;--line:#ddd8cb;--on:#1a6e3c;--bad:#a32018}
@media(prefers-color-scheme:dark){:root{--bg:#191813;--card:#25231d;--ink:#f2eee4;--dim:#b3ab9b;--line:#3b382f;--on:#7fd8a0;--bad:#ff9c90}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.4 system-ui,sans-serif}
main{max-width:46rem;margin:auto;padding:1.5rem 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between}
h1{margin:0;font-size:1.6rem}
h1 small{font-weight:400;color:var(--dim)}
#status{margin:0;font-weight:600;color:var(--on)}
#status:before{content:"";display:inline-block;width:.6em;height:.6em;margin-right:.4em;border-radius:50%;background:currentColor}
.lost #status{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.75rem;margin:1.25rem 0}
@media(min-width:23rem){dl div:first-child{grid-column:span 2}}
@media(min-width:42rem){dl{grid-template-columns:repeat(3,1fr)}}
dl div,section{padding:.9rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.8rem}
dt{color:var(--dim)}
dd{margin:0;font-size:1.7rem;line-height:1.2;font-variant-numeric:tabular-nums}
dd small{font-size:.95rem;color:var(--dim)}
.lost dl,.lost section{opacity:.55}
svg{display:block;width:100%;height:2rem;margin-top:.4rem;color:var(--on)}
section{display:flex;align-items:center;justify-content:space-between}
h2{margin:0;font-size:1.1rem}
p{margin:0;color:var(--dim)}
button{flex:none;position:relative;width:4.5rem;height:2.5rem;border:2px solid var(--dim);border-radius:2rem;background:none;cursor:pointer}
button:before{content:"";position:absolute;top:.25rem;left:.25rem;width:1.75rem;height:1.75rem;border-radius:50%;background:var(--dim);transition:transform .15s}
[aria-checked=true]{border-color:var(--on);background:var(--on)}
[aria-checked=true]:before{transform:translateX(2rem);background:var(--card)}
button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
button:disabled{cursor:not-allowed}
@media(prefers-reduced-motion:reduce){button:before{transition:none}}
</style>
</head>
<body>
<main>
<header><h1>meerkat <small id="board"></small></h1><p id="status" role="status">Connecting&hellip;</p></header>
<dl>
<div><dt>Temperature</dt><dd><span id="temperature">&ndash;</span> <small>&deg;C</small>
<svg viewBox="0 0 59 20" preserveAspectRatio="none" aria-hidden="true"><polyline id="curve" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg></dd></div>
<div><dt>Uptime</dt><dd id="uptime">&ndash;</dd></div>
<div><dt>Free memory</dt><dd><span id="memory">&ndash;</span> <small id="unit"></small></dd></div>
<div><dt>Free pool pages</dt><dd><span id="free">&ndash;</span> <small id="pages"></small></dd></div>
<div><dt>Connections</dt><dd id="connections">&ndash;</dd></div>
</dl>
<section><div><h2 id="led">LED</h2><p id="word">unknown</p></div>
<button id="switch" type="button" role="switch" aria-checked="false" aria-labelledby="led" disabled></button></section>
</main>
<script>
var $ = function (id) { return document.getElementById(id) }, curve = [], tries = 0, socket
function two(n) { return (n < 10 ? "0" : "") + n }
function time(s) {
  var days = Math.floor(s / 86400)
  return (days ? days + " d " : "") + two(Math.floor(s / 3600) % 24) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60)
}
function draw(value) {
  curve = curve.concat(value).slice(-60)
  var low = Math.min.apply(null, curve), range = Math.max.apply(null, curve) - low || 1
  $("curve").setAttribute("points", curve.map(function (v, i) { return i + "," + (19 - (v - low) / range * 18) }).join(" "))
}
function lamp(on) {
  $("switch").setAttribute("aria-checked", on)
  $("word").textContent = on ? "on" : "off"
}
function say(text, isLost) {
  if ($("status").textContent != text) $("status").textContent = text
  document.body.className = isLost ? "lost" : ""
  $("switch").disabled = isLost
}
function show(s) {
  say("Live", false)
  $("board").textContent = "on " + s.board
  $("temperature").textContent = s.temperatureC.toFixed(1)
  draw(s.temperatureC)
  $("uptime").textContent = time(s.uptimeS)
  $("memory").textContent = s.memory.free.toLocaleString("en")
  $("unit").textContent = s.memory.unit
  $("free").textContent = s.pool.free
  $("pages").textContent = "of " + s.pool.pages
  $("connections").textContent = s.connections
  lamp(s.isOn)
}
// A device that was unplugged says nothing: silence is the end, too.
function connect() {
  var late, tab = new WebSocket(location.origin.replace("http", "ws"))
  function lost() {
    clearTimeout(late)
    tab.onmessage = tab.onclose = socket = null
    tab.close()
    say("Connecting\\u2026", true)
    setTimeout(connect, Math.min(8000, 500 * Math.pow(2, tries++)) * (.5 + Math.random() / 2))
  }
  function heard() {
    clearTimeout(late)
    late = setTimeout(lost, 4000)
  }
  tab.onmessage = function (e) {
    heard()
    tries = 0
    socket = tab
    show(JSON.parse(e.data))
  }
  tab.onclose = lost
  heard()
}
$("switch").onclick = function () {
  if (socket) socket.send(JSON.stringify({ isOn: this.getAttribute("aria-checked") != "true" }))
}
connect()
</script>
</body>
</html>
`;
