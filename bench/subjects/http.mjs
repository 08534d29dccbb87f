// Round trips over loopback with a JSON body each way, 16 at a time over kept connections.   node http.mjs REQUESTS
import http from 'node:http'

const requests = Number(process.argv[2])
const server = http.createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (part) => {
    body += part
  })
  request.on('end', () => {
    const order = JSON.parse(body)
    const total = order.lines.reduce((sum, line) => sum + line.price * line.count, 0)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: order.id, total, lines: order.lines.length }))
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address()
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })

function post(id) {
  const body = JSON.stringify({
    id,
    lines: Array.from({ length: 20 }, (_, line) => ({
      name: `part ${line}`,
      price: line,
      count: id % 7,
    })),
  })
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve(JSON.parse(text)))
    })
    request.on('error', reject)
    request.end(body)
  })
}

let sent = 0
async function client() {
  while (sent < requests) {
    const id = sent++
    const answer = await post(id)
    if (answer.id !== id) throw new Error(`request ${id} got the answer of ${answer.id}`)
  }
}
await Promise.all(Array.from({ length: 16 }, client))
agent.destroy()
server.close()
