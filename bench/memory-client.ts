/** Downloads one response of so many MiB from a server on this machine, looking at every byte count and keeping none; prints its peak memory. */
import { connect } from 'node:net';

import { allowAll, createDialer, createTransport } from '@sx/net';

const [url = '', how = 'sx'] = process.argv.slice(2);
let bytes = 0;
if (how === 'sx') {
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  const { body } = await transport.send({ method: 'GET', url });
  for await (const piece of body) bytes += piece.length;
  transport.close();
} else {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname, () => void socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
  for await (const piece of socket) bytes += Buffer.byteLength(piece);
}
process.stdout.write(`${JSON.stringify({ bytes, peakRssMb: process.resourceUsage().maxRSS / 1024 })}\n`);
