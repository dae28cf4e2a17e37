/** The page, in ASCII. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>My device</title>
<link rel="icon" href="data:,">
<style>
:root{color-scheme:light dark}
body{max-width:24rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.5 system-ui,sans-serif}
output{font-variant-numeric:tabular-nums}
</style>
<h1>My device</h1>
<p>Up for <output id="uptimeS">-</output> s, asked <output id="requests">-</output> times.</p>
<script>
async function show(){
  try{
    const state=await(await fetch("/api/state")).json();
    for(const name in state)document.getElementById(name).value=state[name];
  }catch{}
  setTimeout(show,1000);
}
show();
</script>
</html>
`;
