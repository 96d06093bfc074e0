import { createSseDecoder } from '@sx/net';
import { createParser } from 'eventsource-parser';
const EVENT = `data: ${JSON.stringify({ id: 'chatcmpl-0123456789', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-x', choices: [{ index: 0, delta: { content: ' and so on' }, finish_reason: null }] })}\n\n`;
const all = Buffer.from(EVENT.repeat(2000));
for (const size of [187, 260, 4096, 16384]) {
  const pieces: Uint8Array[] = []; for (let i = 0; i < all.length; i += size) pieces.push(all.subarray(i, i + size));
  const ours = () => { const d = createSseDecoder(); let n = 0; for (let k = 0; k < 50; k++) for (const p of pieces) d.push(p, (e) => { n += e.data === '' ? 0 : 1; }); return n; };
  const theirs = () => { let n = 0; const parser = createParser({ onEvent: (e) => { n += e.data === '' ? 0 : 1; } }); const u = new TextDecoder(); for (let k = 0; k < 50; k++) for (const p of pieces) parser.feed(u.decode(p, { stream: true })); return n; };
  const decodeOnly = () => { let n = 0; const u = new TextDecoder(); for (let k = 0; k < 50; k++) for (const p of pieces) n += u.decode(p).length; return n; };
  const best: Record<string, number> = {};
  for (let r = 0; r < 8; r++) for (const [name, f] of Object.entries({ ours, theirs, decodeOnly })) { const c = process.cpuUsage(); f(); const { user, system } = process.cpuUsage(c); best[name] = Math.min(best[name] ?? 1e9, (user + system) / 100_000 * 1000); }
  console.log(size, Object.entries(best).map(([k, v]) => `${k} ${v.toFixed(0)} ns/event`).join('  '));
}
