/**
 * CommonJS files to one file. Starts at the entry, follows every literal `require`, and refuses what it cannot resolve:
 * whatever is not a built-in of Node or a file of ours has no way into the executable.
 *
 * In: the folder of `compile`. Out: `{ path, modules }`, modules sorted by id, so that the bytes depend on nothing else.
 * A dynamic `import()` has become a lazy `require` inside the bundle: it costs nothing until it is reached.
 * The compiler has dropped all comments already. Node's built-ins keep their names.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';

import { root } from './root.ts';

export interface Bundle {
  readonly path: string;
  /** Compiled ids, such as `packages/net/src/index.js`. */
  readonly modules: readonly string[];
}

const ENTRY = 'apps/sx/src/sea.js';
const REQUIRE = /\brequire\((?:"([^"]+)"|'([^']+)')\)/g;
const BUILT_IN = new Set(builtinModules.map((name) => `node:${name.replace(/^node:/, '')}`));

export function bundle(folder: string, path: string): Bundle {
  const sources = new Map<string, string>();
  const add = (id: string): void => {
    if (sources.has(id)) return;
    sources.set(id, '');
    const source = readFileSync(join(root, folder, id), 'utf8').replace(/^"use strict";\n/, '');
    sources.set(
      id,
      source.replace(REQUIRE, (call, double: string | undefined, single: string | undefined) => {
        const specifier = double ?? single ?? '';
        if (specifier.startsWith('node:')) {
          if (!BUILT_IN.has(specifier)) throw new Error(`${id}: ${specifier} is no built-in of ${process.version}`);
          return call;
        }
        const dependency = resolveModule(folder, id, specifier);
        add(dependency);
        return `__require(${JSON.stringify(dependency)})`;
      }),
    );
    const left = (sources.get(id) ?? '').match(/(?<![\w.])(require\((?!["']node:)[^)]*\)|import\.meta[.\w]*|import\()/);
    if (left) throw new Error(`${id}: cannot bundle ${left[0]}`);
  };
  add(ENTRY);
  const modules = [...sources.keys()].sort();
  const body = modules.map((id) => `${JSON.stringify(id)}(exports, module, __require) {\n${sources.get(id) ?? ''}},\n`).join('');
  writeFileSync(join(root, path), `${PROLOGUE}const __modules = {\n${body}};\n__require(${JSON.stringify(ENTRY)});\n`);
  return { path, modules };
}

function resolveModule(folder: string, from: string, specifier: string): string {
  const id = specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : exportedModule(specifier);
  if (id === undefined || !existsSync(join(root, folder, id))) throw new Error(`${from}: cannot bundle ${specifier}`);
  return id;
}

/** `@sx/protocols/gemini` → `packages/protocols/src/gemini/index.js`, by the `@sx/source` condition of its exports. */
function exportedModule(specifier: string): string | undefined {
  const [scope, name, ...rest] = specifier.split('/');
  const manifest = join(root, 'packages', name ?? '', 'package.json');
  if (scope !== '@sx' || !existsSync(manifest)) return undefined;
  const { exports }: { exports?: Record<string, { '@sx/source'?: string }> } = JSON.parse(readFileSync(manifest, 'utf8'));
  const source = exports?.[rest.length === 0 ? '.' : `./${rest.join('/')}`]?.['@sx/source'];
  return source === undefined ? undefined : posix.join('packages', name ?? '', source.replace(/\.ts$/, '.js'));
}

/**
 * The module loader, and the two helpers that the compiler was told not to repeat. A namespace of a built-in inherits
 * from it, so that its lazy getters (`tls.rootCertificates`) stay lazy.
 */
const PROLOGUE = `"use strict";
const __cache = Object.create(null);
function __require(id) {
  const hit = __cache[id];
  if (hit) return hit.exports;
  const module = (__cache[id] = { exports: {} });
  __modules[id].call(module.exports, module.exports, module, __require);
  return module.exports;
}
const __importDefault = (module) => (module && module.__esModule ? module : { default: module });
const __importStar = (module) => (module && module.__esModule ? module : Object.assign(Object.create(module), { default: module }));
`;
