/* The example of the http module's documentation: without a length, so that the connection's end ends the reply. */
require("http").createServer(function(req,res){
  res.writeHead(200);
  res.end("Hello World");
}).listen(process.env.PORT);
console.log("ready");
