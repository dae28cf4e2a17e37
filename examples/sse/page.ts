/*
 * The page of the example: one reading, its curve, and whether it is live. EventSource reconnects by itself.
 */

/** HTML, in ASCII. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Live reading</title>
<link rel="icon" href="data:,">
<style>
:root{color-scheme:light dark;--bg:#f3f1ea;--card:#fff;--ink:#23211c;--dim:#625d52;--line:#ddd8cb;--on:#1a6e3c;--bad:#a32018}
@media(prefers-color-scheme:dark){:root{--bg:#191813;--card:#25231d;--ink:#f2eee4;--dim:#b3ab9b;--line:#3b382f;--on:#7fd8a0;--bad:#ff9c90}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--bg);color:var(--ink);font:1rem/1.4 system-ui,sans-serif}
main{box-sizing:border-box;width:min(100% - 2rem,30rem);padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:.8rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between}
h1{margin:0;font-size:1rem;font-weight:400;color:var(--dim)}
#status{margin:0;font-weight:600;color:var(--on)}
#status:before{content:"";display:inline-block;width:.6em;height:.6em;margin-right:.4em;border-radius:50%;background:currentColor}
.lost #status{color:var(--bad)}
.lost #reading,.lost svg{opacity:.4}
#reading{margin:.2rem 0;font-size:4.5rem;line-height:1.1;font-variant-numeric:tabular-nums}
#reading small{margin-left:.3em;font-size:1.5rem;color:var(--dim)}
svg{display:block;width:100%;height:4rem;color:var(--on)}
footer{margin-top:1rem;color:var(--dim)}
</style>
</head>
<body class="lost">
<main>
<header><h1>Temperature</h1><p id="status" role="status">Connecting</p></header>
<p id="reading"><span id="celsius">&ndash;</span><small>&deg;C</small></p>
<svg viewBox="0 0 59 20" preserveAspectRatio="none" aria-hidden="true"><polyline id="curve" fill="none" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>
<footer id="foot">&nbsp;</footer>
</main>
<script>
var $ = function (id) { return document.getElementById(id) }, curve = [], stream
function say(text, isLost) {
  if ($("status").textContent != text) $("status").textContent = text
  document.body.className = isLost ? "lost" : ""
}
function draw(value) {
  curve = curve.concat(value).slice(-60)
  var low = Math.min.apply(null, curve), range = Math.max.apply(null, curve) - low || 1
  $("curve").setAttribute("points", curve.map(function (v, i) { return i + "," + (19 - (v - low) / range * 18) }).join(" "))
}
function open() {
  stream = new EventSource("/events")
  stream.addEventListener("reading", function (e) {
    var r = JSON.parse(e.data)
    say("Live", false)
    $("celsius").textContent = r.celsius.toFixed(1)
    draw(r.celsius)
    $("foot").textContent = "Up for " + r.uptimeS + " s, watched by " + r.pages + (r.pages == 1 ? " page" : " pages")
  })
  stream.onerror = function () {
    say("Reconnecting", true)
    // After a refusal (503: too many pages) the browser gives up: this page does not.
    if (stream.readyState == 2) setTimeout(open, 3000)
  }
}
open()
</script>
</body>
</html>
`;
