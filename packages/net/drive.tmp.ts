// requests loop: N requests, 8 at a time; prints cpu µs/request
import { allowAll, createDialer, createTransport, createTrust, readText } from '@sx/net';
const [origin, ca, n='30000'] = process.argv.slice(2);
const dialer = createDialer({ policy: allowAll(), trust: createTrust({ extraCaFiles: [{ path: ca, from: 'CA_FILE' }] }) });
const transport = createTransport({ dialer, limits: { idleConnectionsPerKeyMax: 8, idleConnectionsMax: 8 } });
const one = async () => (await readText((await transport.send({ method: 'GET', url: origin + '/json' })).body)).length;
async function repeat(times) { let left = times; await Promise.all(Array.from({length:8}, async () => { while (left-- > 0) await one(); })); }
await repeat(3000); globalThis.gc?.();
const best = [];
for (let k = 0; k < 5; k++) { const c = process.cpuUsage(); await repeat(+n/5); const { user, system } = process.cpuUsage(c); best.push([(user+system)/(+n/5), user/(+n/5), system/(+n/5)]); }
best.sort((a,b)=>a[0]-b[0]); console.log('us/request min', best[0].map(x=>x.toFixed(1)).join(' '), 'median', best[2].map(x=>x.toFixed(1)).join(' '));
process.exit(0);
