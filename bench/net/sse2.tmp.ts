import { createSseDecoder } from '@sx/net';
const EVENT = `data: ${JSON.stringify({ id: 'chatcmpl-0123456789', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-x', choices: [{ index: 0, delta: { content: ' and so on' }, finish_reason: null }] })}\n\n`;
const all = Buffer.from(EVENT.repeat(2000));
const size = +(process.argv[2] ?? 16384); const rounds = +(process.argv[3] ?? 50);
const pieces: Uint8Array[] = []; for (let i = 0; i < all.length; i += size) pieces.push(all.subarray(i, i + size));
let best = 1e9;
for (let r = 0; r < 30; r++) { const c = process.cpuUsage(); const d = createSseDecoder(); let n = 0; for (let k = 0; k < rounds; k++) for (const p of pieces) d.push(p, (e) => { n += e.data === '' ? 0 : 1; }); const { user, system } = process.cpuUsage(c); best = Math.min(best, (user + system) * 1000 / (2000 * rounds)); }
console.log(size, best.toFixed(1), 'ns/event');
