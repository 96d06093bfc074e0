/**
 * One measurement of one client, a process of its own: `client.ts NAME ORIGIN EVENTS`. Prints one JSON line.
 *
 * Loads the client; asks once cold and a number of times warm for a short answer, and holds the times of the first pieces against those
 * at which the server wrote them. Then CPU: of a first answer of 1,000 events, as a program that runs once sees it, and of a long one,
 * as a server does. What is loaded is counted in `loaded.ts`.
 */
import { median } from '../measure.ts';
import { CLIENTS, isClientName } from './clients.ts';

const WARM_ROUNDS = 40;
const SHORT_DELTAS = 5;
/** So many until the compiler has done what it will do, for theirs and for ours. */
const WARM_UP_DELTAS = 40_000;

const [name = '', origin = '', events = '0'] = process.argv.slice(2);
if (!isClientName(name)) throw new TypeError(`no client ${name}`);

const create = CLIENTS[name];
const importing = performance.now();
const short = await create(`${origin}/d${SHORT_DELTAS}/x`);
const importMs = performance.now() - importing;

// Those of the process before this one.
await stamps();
const firsts: bigint[] = [];
for (let round = 0; round <= WARM_ROUNDS; round += 1) {
  const pieces = await short(() => firsts.push(process.hrtime.bigint()));
  if (pieces !== SHORT_DELTAS) throw new Error(`${name} saw ${pieces} pieces of ${SHORT_DELTAS}`);
}
const written = (await stamps()).map(BigInt);
if (written.length !== firsts.length) throw new Error(`${name} sent ${written.length} requests for ${firsts.length} answers`);
const delaysUs = firsts.map((first, index) => Number(first - (written[index] ?? 0n)) / 1_000);

const once = await create(`${origin}/d1000/x`);
const cpuOnce = process.cpuUsage();
await once(() => undefined);
const spentOnce = process.cpuUsage(cpuOnce);

await (await create(`${origin}/d${WARM_UP_DELTAS}/x`))(() => undefined);
const long = await create(`${origin}/d${events}/x`);
const cpu = process.cpuUsage();
const started = performance.now();
const pieces = await long(() => undefined);
const wallMs = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
if (pieces !== Number(events)) throw new Error(`${name} saw ${pieces} pieces of ${events}`);

process.stdout.write(`${JSON.stringify({
  importMs,
  coldUs: delaysUs[0],
  warmUs: median(delaysUs.slice(1)),
  cpuMsOf1000: (spentOnce.user + spentOnce.system) / 1_000,
  cpuMsPer1000: (user + system) / Number(events),
  eventsPerSecond: (Number(events) / wallMs) * 1_000,
})}\n`);
process.exit(0);

/** On a bare socket: an import of `node:http` would load what `fetch` is made of before its time. */
async function stamps(): Promise<string[]> {
  const { hostname, port } = new URL(origin);
  const socket = process.getBuiltinModule('node:net').connect(Number(port), hostname).setEncoding('latin1');
  socket.write('GET /stamps HTTP/1.1\r\n\r\n');
  let text = '';
  for await (const piece of socket) text += String(piece);
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n')));
}
