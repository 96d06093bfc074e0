import { createClient, type ClientName } from './clients.ts';
const [name, origin = '', ca = '', size = '16384', mib = '256'] = process.argv.slice(2);
const client = await createClient(name as ClientName, ca, 8);
const run = () => size === 'bulk' ? client.count(`${origin}/bulk/${mib}`) : client.events(`${origin}/events/${size}/${mib}`);
await run(); globalThis.gc?.();
const best: number[] = [];
for (let k = 0; k < 5; k++) { const c = process.cpuUsage(); await run(); const { user, system } = process.cpuUsage(c); best.push((user + system) / 1000); }
const all = best.map(x=>x.toFixed(0)).join(' '); best.sort((a,b)=>a-b);
console.log(name!.padEnd(12), size, 'cpu ms per', mib, 'MiB: min', best[0]!.toFixed(0), 'median', best[2]!.toFixed(0), '|', all); process.exit(0);
