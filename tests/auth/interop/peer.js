// A program without zmqlite: a CURVE client with Node.js.
//
//   node peer.js client OWN SERVER ENDPOINT   sends one message to the server with that certificate

"use strict"

const fs = require("fs")
const zmq = require("zeromq")

function key(path, name) {
  return fs.readFileSync(path, "utf8").match(new RegExp(`${name} = "(.{40})"`))[1]
}

async function main() {
  const [role, own, server, endpoint] = process.argv.slice(2)
  const socket = new zmq.Push({linger: 2000})
  socket.curvePublicKey = key(own, "public-key")
  socket.curveSecretKey = key(`${own}_secret`, "secret-key")
  socket.curveServerKey = key(server, "public-key")
  socket.connect(endpoint)
  await socket.send(`from Node.js, as ${role}`)
  socket.close()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
