/*
 * What a program without a library would do: collect each connection's bytes to the blank line, answer from a constant.
 * No limits, no timeouts, no bodies: the smallest thing that is correct for GET requests.
 */
(function(){
var R="HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello World";
var N="HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nNot Found";
function onData(d){
  var b=this.b?this.b+d:d,i;
  while((i=b.indexOf("\r\n\r\n"))>=0){
    this.write(b.slice(0,6)==="GET / "?R:N);
    b=b.slice(i+4);
  }
  this.b=b;
}
require("net").createServer(function(c){c.on("data",onData);}).listen(process.env.PORT);
})();
console.log("ready");
