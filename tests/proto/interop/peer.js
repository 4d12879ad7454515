// A program without zmqlite: publishes and subscribes the article's message with zeromq and protobufjs.
//
//   node peer.js publish ENDPOINT COUNT PROTO     waits for a subscriber, sends, waits until it is gone
//   node peer.js subscribe ENDPOINT COUNT PROTO   prints what it understood of COUNT messages, a line each

"use strict"

const protobuf = require("protobufjs")
const zmq = require("zeromq")

async function publish(DataMessage, endpoint, count) {
  const socket = new zmq.XPublisher({receiveTimeout: 20000, linger: 1000})
  await socket.bind(endpoint)
  console.log("bound", socket.lastEndpoint)
  await socket.receive()
  for (let i = 0; i < count; i++) {
    const fields = {content: "from Node.js \u2713", timestamp: 1700000000000 + i}
    const data = DataMessage.encode(DataMessage.create(fields)).finish()
    await socket.send(data)
    if (i === 0) {
      await socket.send(data.subarray(0, data.length - 1))
      await socket.send([data, "too much"])
    }
  }
  await socket.receive()
  socket.close()
}

async function subscribe(DataMessage, endpoint, count) {
  const socket = new zmq.Subscriber({receiveTimeout: 20000})
  socket.subscribe("")
  socket.connect(endpoint)
  for (let i = 0; i < count; i++) {
    const frames = await socket.receive()
    if (frames.length !== 1) {
      console.log("several frames")
      continue
    }
    try {
      const message = DataMessage.decode(frames[0])
      console.log(`${message.timestamp} ${message.content}`)
    } catch (error) {
      console.log("malformed")
    }
  }
  socket.close()
}

async function main() {
  const [role, endpoint, count, source] = process.argv.slice(2)
  const DataMessage = (await protobuf.load(source)).lookupType("DataMessage")
  await (role === "publish" ? publish : subscribe)(DataMessage, endpoint, Number(count))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
