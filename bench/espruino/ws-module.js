/* The peer of ws-app.ts: Espruino's own module ws, whose source is put in the place of MODULE. */
var ws=(function(){
var exports={};
// MODULE
return exports;
})();
var server=ws.createServer(function(req,res){
  res.writeHead(404);
  res.end();
});
server.on("websocket",function(w){
  w.on("message",function(m){w.send(m);});
});
server.listen(process.env.PORT);
console.log("ready");
setInterval(function(){console.log("idle: "+process.memory().usage+" variables");},500);
