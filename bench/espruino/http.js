/* The same with the interpreter's own http module. */
require("http").createServer(function(req,res){
  res.writeHead(200,{"Content-Type":"text/plain","Content-Length":11});
  res.end("Hello World");
}).listen(process.env.PORT);
console.log("ready");
