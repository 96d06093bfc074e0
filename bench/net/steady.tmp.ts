import { createClient, type ClientName } from './clients.ts';
const [name, origin = '', ca = '', n = '60000'] = process.argv.slice(2);
const client = await createClient(name as ClientName, ca, 8);
const one = () => client.text(origin + '/json');
async function repeat(times: number) { let left = times; await Promise.all(Array.from({length:8}, async () => { while (left-- > 0) await one(); })); }
await repeat(3000); globalThis.gc?.();
const best: number[][] = [];
for (let k = 0; k < 6; k++) { const c = process.cpuUsage(); await repeat(+n/6); const { user, system } = process.cpuUsage(c); best.push([(user+system)/(+n/6), user/(+n/6), system/(+n/6)]); }
const all = best.map(x=>x[0]!.toFixed(1)).join(' ');
best.sort((a,b)=>a[0]!-b[0]!); console.log(name!.padEnd(8), 'us/request min', best[0]!.map(x=>x.toFixed(1)).join(' '), 'median', best[2]!.map(x=>x.toFixed(1)).join(' '), '|', all);
process.exit(0);
