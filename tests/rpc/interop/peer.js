// A client and a server of services without zmqlite, with zeromq and protobufjs; see docs/reference/rpc-wire.md.
//
//   node peer.js client ENDPOINT PROTO...   makes some calls, and prints what came of them, a line each
//   node peer.js server ENDPOINT PROTO...   prints "bound ENDPOINT" and answers until its standard input ends

"use strict"

const protobuf = require("protobufjs")
const zmq = require("zeromq")

const KIND = {HELLO: 1, WELCOME: 2, REQUEST: 3, REPLY: 4, ITEM: 5, CREDIT: 6, STATUS: 8}
const types = {}

const encode = (name, fields) => Buffer.from(types[name].encode(types[name].create(fields)).finish())
const decode = (name, frame) => types[name].decode(frame)
const envelope = (fields) => encode("Envelope", fields)

async function client(endpoint) {
  const socket = new zmq.Dealer({receiveTimeout: 20000, linger: 1000})
  socket.connect(endpoint)
  await socket.send(envelope({kind: KIND.HELLO, version: 1}))
  const incarnation = decode("Envelope", (await socket.receive())[0]).incarnation
  let count = 0
  const request = (method, fields) => ({
    kind: KIND.REQUEST, id: Buffer.from(`client02${10000000 + ++count}`), method: `/demo.Greeter/${method}`,
    incarnation, timeout: 20000, ...fields,
  })

  async function hello(name, fields, attachments = []) {
    await socket.send([envelope({...fields, attachments: attachments.length}), encode("HelloRequest", {name}), ...attachments])
    const [head, payload, ...attached] = await socket.receive()
    const answer = decode("Envelope", head)
    if (!Buffer.from(answer.id).equals(fields.id)) throw new Error("another call's reply")
    if (answer.kind === KIND.STATUS) {
      console.log(`status ${answer.status} executed ${answer.executed}`)
      return
    }
    const words = [decode("HelloReply", payload).text]
    for (const [key, value] of Object.entries(answer.metadata)) words.push(`${key}=${value}`)
    for (const each of attached) words.push(`attached ${each}`)
    console.log(words.join(" "))
  }

  const first = request("Hello", {metadata: {a: "b"}})
  await hello("Node.js", first, [Buffer.from("data")])
  await hello("Node.js", first, [Buffer.from("data")]) // a duplicate: the same reply
  await hello("unknown", request("Hello"))
  await hello("Node.js", request("Hello", {incarnation: Buffer.from("another")}))

  const watch = request("Watch", {credit: 3})
  await socket.send([envelope(watch), encode("WatchRequest", {count: 10})])
  for (let credit = 3, seen = 0; ; ) {
    const [head, ...items] = await socket.receive()
    const answer = decode("Envelope", head)
    if (answer.kind === KIND.STATUS) {
      console.log(`items ${seen} status ${answer.status}`)
      break
    }
    for (const item of items)
      if (Number(decode("Event", item).number) !== seen++ || credit-- === 0)
        throw new Error("a wrong item, or more than the credit")
    if (credit === 0) await socket.send(envelope({kind: KIND.CREDIT, id: watch.id, credit: (credit = 3)}))
  }
  socket.close()
}

async function server(endpoint) {
  const socket = new zmq.Router({sendHighWaterMark: 0}) // items of a stream must not be dropped
  await socket.bind(endpoint)
  console.log("bound", socket.lastEndpoint)
  process.stdin.on("end", () => process.exit(0)).resume()
  const streams = new Map()

  async function goOn(stream) {
    for (; stream.next < stream.count && stream.credit; stream.next++, stream.credit--)
      await socket.send([stream.route, envelope({kind: KIND.ITEM, id: stream.id}), encode("Event", {number: stream.next})])
    if (stream.next < stream.count) return
    streams.delete(String(stream.id))
    await socket.send([stream.route, envelope({kind: KIND.STATUS, id: stream.id, executed: 2})])
  }

  for await (const [route, head, payload, ...attached] of socket) {
    const request = decode("Envelope", head)
    const id = request.id
    if (request.kind === KIND.HELLO) {
      const fields = {kind: KIND.WELCOME, version: 1, incarnation: Buffer.from("node one"), limit: 1 << 20}
      await socket.send([route, envelope(fields)])
    } else if (request.kind === KIND.CREDIT) {
      const stream = streams.get(String(id))
      if (stream) {
        stream.credit += request.credit
        await goOn(stream)
      }
    } else if (request.kind === KIND.REQUEST && request.method === "/demo.Greeter/Watch") {
      const count = Number(decode("WatchRequest", payload).count)
      const stream = {route, id, next: 0, count, credit: request.credit}
      streams.set(String(id), stream)
      await goOn(stream)
    } else if (request.kind === KIND.REQUEST) {
      const {name} = decode("HelloRequest", payload)
      if (name === "unknown") {
        const fields = {kind: KIND.STATUS, id, status: 5, message: "nobody is called so", executed: 2}
        await socket.send([route, envelope(fields)])
        continue
      }
      const metadata = {}
      for (const [key, value] of Object.entries(request.metadata)) metadata[`got ${key}`] = value
      const text = `Hello, ${name}${Object.hasOwn(request, "timeout") ? " in time" : ""}`
      const fields = {kind: KIND.REPLY, id, metadata, attachments: attached.length}
      const replies = attached.map((each) => Buffer.concat([each, Buffer.from("!")]))
      await socket.send([route, envelope(fields), encode("HelloReply", {text}), ...replies])
    }
  }
}

async function main() {
  const [role, endpoint, ...sources] = process.argv.slice(2)
  const root = await protobuf.load(sources)
  for (const name of ["HelloRequest", "HelloReply", "WatchRequest", "Event"]) types[name] = root.lookupType(`demo.${name}`)
  types.Envelope = root.lookupType("zmqlite.rpc.Envelope")
  await (role === "client" ? client : server)(endpoint)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
