// A client of npm's `ws`, led by lines of JSON on its standard input; it says on its standard output, a line each, what it sees.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
let socket;

const actions = {
  connect({ url, headers, protocols }) {
    socket = new WebSocket(url, protocols, { headers });
    let error = '';
    socket.on('open', () => say({ on: 'open', protocol: socket.protocol, extensions: socket.extensions }));
    socket.on('unexpected-response', (_, response) => say({ on: 'refused', status: response.statusCode }));
    socket.on('message', (data, isBinary) => say({ on: isBinary ? 'binary' : 'text', data: data.toString('utf8') }));
    socket.on('pong', (data) => say({ on: 'pong', data: data.toString('utf8') }));
    socket.on('error', (e) => (error = e.message));
    socket.on('close', (code, reason) => say({ on: 'close', code, reason: reason.toString('utf8'), error }));
  },
  text: ({ data }) => socket.send(data),
  binary: ({ data }) => socket.send(Buffer.from(data, 'hex')),
  invalid: ({ data }) => socket.send(Buffer.from(data, 'hex'), { binary: false }),
  fragments: ({ data }) => data.forEach((part, i) => socket.send(part, { fin: i === data.length - 1 })),
  ping: ({ data }) => socket.ping(data),
  close: ({ code, reason }) => socket.close(code, reason),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  actions[command.do](command);
}
process.exit(0);
