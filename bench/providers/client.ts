/**
 * One measurement of one client, a process of its own: `client.ts NAME ORIGIN EVENTS`. Prints one JSON line.
 *
 * Loads the client, with a count of every file that this reads and of Node's own modules that it makes Node load (`fetch` is a
 * bundle of undici, for which no file is read); asks once cold and a number of times warm for a short answer, and
 * holds the times of the first pieces against those at which the server wrote them. Then CPU: of a first answer of 1,000 events,
 * as a program that runs once sees it, and of a long one, as a server does.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

import { median } from '../measure.ts';
import { CLIENTS, isClientName } from './clients.ts';

const WARM_ROUNDS = 40;
const SHORT_DELTAS = 5;
/** So many until the compiler has done what it will do, for theirs and for ours. */
const WARM_UP_DELTAS = 40_000;

const [name = '', origin = '', events = '0'] = process.argv.slice(2);
if (!isClientName(name)) throw new TypeError(`no client ${name}`);

const loaded = new Map<string, number>();
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) loaded.set(url, codeBytes(readFileSync(fileURLToPath(url), 'utf8')));
    return nextLoad(url, context);
  },
});
const builtInSources: Readonly<Record<string, string>> = Reflect.get(process, 'binding')('natives');
const builtInBefore = new Set(builtIns());
// What strips the types of this file has loaded the modules of `fetch` already: they count for who calls it.
const builtInFetch = globalThis.fetch;
let callsFetch = false;
globalThis.fetch = (...args) => {
  callsFetch = true;
  return builtInFetch(...args);
};
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

const OF_FETCH = /^internal\/(?:deps\/undici\/undici$|webstreams\/)/;
const builtInBytes = builtIns().filter((id) => !builtInBefore.has(id) || (callsFetch && OF_FETCH.test(id))).reduce((sum, id) => sum + codeBytes(builtInSources[id] ?? ''), 0);

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

const own = [...loaded].filter(([url]) => !url.includes('/bench/providers/') && !url.includes('/bench/measure.ts'));
process.stdout.write(`${JSON.stringify({
  importMs,
  coldUs: delaysUs[0],
  warmUs: median(delaysUs.slice(1)),
  cpuMsOf1000: (spentOnce.user + spentOnce.system) / 1_000,
  cpuMsPer1000: (user + system) / Number(events),
  eventsPerSecond: (Number(events) / wallMs) * 1_000,
  modules: own.length,
  kilobytes: (own.reduce((sum, [, bytes]) => sum + bytes, 0) + builtInBytes) / 1_000,
  ofNode: builtInBytes / 1_000,
})}\n`);
process.exit(0);

/** Of Node's own modules that were loaded. */
function builtIns(): string[] {
  const loaded: readonly string[] = Reflect.get(process, 'moduleLoadList');
  return loaded.filter((entry) => entry.startsWith('NativeModule ')).map((entry) => entry.slice(13));
}

/** Without lines that are comments, of which some have many and some none. */
function codeBytes(source: string): number {
  return source.split('\n').reduce((sum, line) => sum + (/^\s*(?:\/\/|\/?\*)/.test(line) ? 0 : Buffer.byteLength(line) + 1), 0);
}

function stamps(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    get(`${origin}/stamps`, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => void (text += piece)).on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });
}
