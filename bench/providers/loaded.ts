/**
 * What one client loads up to the end of its first answer, over TLS, in a process of its own: `loaded.ts NAME ORIGIN`. Prints one JSON line:
 * every file and its bytes, and every module of Node's own and its bytes, comments left out.
 *
 * `FLOOR` instead of a name: what `tls.connect` alone makes Node load, which no client can do without. Nothing else may load anything
 * here, so the built-ins that do the counting come without the loader, whose view of a built-in reads all its lazy members.
 */
import { CLIENTS, isClientName } from './clients.ts';

const { readFileSync } = process.getBuiltinModule('node:fs');
const { registerHooks } = process.getBuiltinModule('node:module');
const { fileURLToPath } = process.getBuiltinModule('node:url');

export interface Loaded {
  readonly files: Readonly<Record<string, number>>;
  readonly ofNode: Readonly<Record<string, number>>;
}

const [name = '', origin = ''] = process.argv.slice(2);
const files: Record<string, number> = {};
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files[url] = codeBytes(readFileSync(fileURLToPath(url), 'utf8'));
    return nextLoad(url, context);
  },
});
const sources: Readonly<Record<string, string>> = Reflect.get(process, 'binding')('natives');
const before = new Set(builtIns());

if (name === 'FLOOR') await handshake(new URL(origin));
else if (isClientName(name)) await (await CLIENTS[name](`${origin}/d5/x`))(() => undefined);
else throw new TypeError(`no client ${name}`);

const ofNode = Object.fromEntries(builtIns().filter((id) => !before.has(id)).map((id) => [id, codeBytes(sources[id] ?? '')]));
process.stdout.write(`${JSON.stringify({ files, ofNode } satisfies Loaded)}\n`, () => process.exit(0));

async function handshake({ hostname, port }: URL): Promise<void> {
  const { connect } = process.getBuiltinModule('node:tls');
  await new Promise<void>((resolve, reject) => {
    connect({ host: hostname, port: Number(port), servername: hostname, ALPNProtocols: ['http/1.1'] }, resolve).once('error', reject);
  });
}

/** Of Node's own modules that were loaded. */
function builtIns(): string[] {
  const all: readonly string[] = Reflect.get(process, 'moduleLoadList');
  return all.filter((entry) => entry.startsWith('NativeModule ')).map((entry) => entry.slice(13));
}

/** Without lines that are comments, of which some have many and some none. */
function codeBytes(source: string): number {
  return source.split('\n').reduce((sum, line) => sum + (/^\s*(?:\/\/|\/?\*)/.test(line) ? 0 : Buffer.byteLength(line) + 1), 0);
}
