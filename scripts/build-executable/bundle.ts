/**
 * Compiled modules to the scripts of the executable, one a segment (`segments.ts`).
 *
 * In: the folder of `compile`. Out: a folder with the scripts, and the compiled ids, sorted. The bytes depend on the sources alone.
 * The compiler has dropped all comments already; modules are called by number. The scripts are ASCII, so that V8 keeps one byte
 * a character of them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readModules } from './module-graph.ts';
import { root } from './root.ts';
import { ENTRY, isHot, segmentsOf, START } from './segments.ts';

export interface Bundle {
  /** Folder of the segments, relative to the root. */
  readonly folder: string;
  /** Names of the segments that are loaded on demand: the files are `<name>.cjs`. */
  readonly segments: readonly string[];
  /** Compiled ids, such as `packages/net/src/index.js`. */
  readonly modules: readonly string[];
}

const PARAMETERS = 'require, __require, __reexport, __importDefault, __importStar';

export function bundle(compiled: string, folder: string): Bundle {
  const modules = readModules(compiled, ENTRY);
  const segments = segmentsOf(modules);
  const placed = new Set([...segments.values()].flat());
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, folder), { recursive: true });
  const sorted = [...placed].sort();
  const numbers = new Map(sorted.map((id, index) => [id, index.toString(36)]));
  const number = (id: string): string => `"${numbers.get(id) ?? id}"`;
  const numbered = (source: string): string =>
    source.replace(/(__require\(|__reexport\(exports, "\w+", )"([^"]+)"/g, (_, before: string, id: string) => before + number(id));
  for (const [name, ids] of segments) {
    const factory = (id: string): string => {
      const source = numbered(unindented(withoutAbsent(modules.get(id)?.source ?? '', placed)));
      return `${number(id)}(exports, module, __require) {\n${source}},\n`;
    };
    const bodies = ids.map(factory).join('');
    const script = name === START ? startScript(bodies, segments, numbers) : `(function (${PARAMETERS}) {\n"use strict";\nreturn {\n${bodies}};\n})`;
    writeFileSync(join(root, folder, `${name}.cjs`), script, 'ascii');
  }
  return { folder, segments: [...segments.keys()].filter((name) => name !== START), modules: sorted };
}

/** An index names what nobody asks for: its line goes with it. */
function withoutAbsent(source: string, placed: ReadonlySet<string>): string {
  return source.replace(/^__reexport\(exports, "\w+", "([^"]+)", "\w+"\);\n/gm, (line, id: string) => (placed.has(id) ? line : ''));
}

/**
 * Spaces at the beginning of a line are an eighth of a script. A template of several lines keeps its own, and so does the module
 * around it: where no line has an odd number of backticks, there is none.
 */
function unindented(source: string): string {
  const backticks = (line: string): number => line.replace(/\\./g, '').split('`').length - 1;
  return source.split('\n').some((line) => backticks(line) % 2 === 1) ? source : source.replace(/^ +/gm, '');
}

function startScript(
  bodies: string,
  segments: ReadonlyMap<string, readonly string[]>,
  numbers: ReadonlyMap<string, string>,
): string {
  const demanded = [...segments].filter(([name]) => name !== START);
  const homes = Object.fromEntries(
    demanded.map(([name, ids]) => [name, { packed: !isHot(name), modules: ids.map((id) => numbers.get(id)) }]),
  );
  // As a text, which costs a start that loads no segment nothing.
  const table = `const __segments = ${JSON.stringify(JSON.stringify(homes))};\n`;
  return `${PROLOGUE}${table}const __modules = {\n${bodies}};\n__require("${numbers.get(ENTRY) ?? ''}");\n`;
}

/**
 * The module loader, and the two helpers that the compiler was told not to repeat. A namespace of a built-in inherits
 * from it, so that its lazy getters (`tls.rootCertificates`) stay lazy. A code cache that V8 does not want (another
 * processor, no cache at all) only means that it compiles for itself.
 */
const PROLOGUE = `"use strict";
const __cache = Object.create(null);
const __namespace = Object.freeze({ __proto__: null, __esModule: true });
function __require(id) {
  const hit = __cache[id];
  if (hit) return hit.exports;
  if (!__modules[id]) __load(id);
  const module = (__cache[id] = { exports: Object.create(__namespace) });
  __modules[id].call(module.exports, module.exports, module, __require);
  return module.exports;
}
let __homes;
function __load(id) {
  const { getRawAsset } = require("node:sea");
  const { Script } = require("node:vm");
  const [name, { packed }] = Object.entries((__homes ??= JSON.parse(__segments))).find(([, { modules }]) => modules.includes(id));
  const bytes = (asset) => (packed ? require("node:zlib").brotliDecompressSync(getRawAsset(asset)) : Buffer.from(getRawAsset(asset)));
  const cachedData = bytes(name + ".cache");
  const script = new Script(bytes(name + ".cjs").latin1Slice(), { filename: name + ".cjs", ...(cachedData.length > 0 && { cachedData }) });
  Object.assign(__modules, script.runInThisContext()(${PARAMETERS}));
}
function __reexport(exports, name, id, from) {
  const get = () => {
    const value = __require(id)[from];
    Object.defineProperty(exports, name, { enumerable: true, value });
    return value;
  };
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });
}
const __importDefault = (module) => (module && module.__esModule ? module : { default: module });
const __importStar = (module) => (module && module.__esModule ? module : Object.assign(Object.create(module), { default: module }));
`;
