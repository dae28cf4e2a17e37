/* The http module, telling the variables in use while it handles a request: the peer of memory-app.ts. */
require("http").createServer(function(req,res){
  var m=""+process.memory().usage;
  res.writeHead(200,{"Content-Type":"text/plain","Content-Length":m.length});
  res.end(m);
}).listen(process.env.PORT);
console.log("ready");
setInterval(function(){console.log("idle: "+process.memory().usage+" variables");},500);
