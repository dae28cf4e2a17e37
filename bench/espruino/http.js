/* The same with the http module of the interpreter, at its best: with a length. It closes after each reply all the same. */
require("http").createServer(function(req,res){
  res.writeHead(200,{"Content-Type":"text/plain","Content-Length":11});
  res.end("Hello World");
}).listen(process.env.PORT);
console.log("ready");
