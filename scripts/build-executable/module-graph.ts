/**
 * The graph of compiled modules: what each needs, and which members of it.
 *
 * In: the folder of `compile`, and the entry. Out: every module that the entry may reach, its `require`s rewritten to the loader of the
 * bundle. Refused: what cannot be resolved to a built-in of Node or a file of ours. A module is read as text, not
 * parsed: the compiler writes `require` and re-exports in one form only.
 */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';

import { root } from './root.ts';

export interface Module {
  readonly source: string;
  readonly requires: readonly Requirement[];
  readonly imports: readonly string[];
  /** What an index only passes on: name → where it comes from. */
  readonly reexports: ReadonlyMap<string, Requirement>;
}

export interface Requirement {
  readonly id: string;
  /** Members that are used. */
  readonly names: readonly string[] | 'all';
}

const REQUIRE = /(Promise\.resolve\(\)\.then\(\(\) => __importStar\()?\brequire\((?:"([^"]+)"|'([^']+)')\)/g;
const BUILT_IN = new Set(builtinModules.map((name) => `node:${name.replace(/^node:/, '')}`));

export function readModules(compiled: string, entry: string): Map<string, Module> {
  const modules = new Map<string, Module>();
  const waiting = [entry];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (modules.has(id)) continue;
    const module = readModule(compiled, id);
    modules.set(id, module);
    waiting.push(...module.requires.map((requirement) => requirement.id), ...[...module.reexports.values()].map((requirement) => requirement.id), ...module.imports);
  }
  return modules;
}

function readModule(compiled: string, id: string): Module {
  const imports: string[] = [];
  const text = readFileSync(join(root, compiled, id), 'utf8')
    .replace(/^"use strict";\n/, '')
    // The loader says so of all, as all are modules.
    .replace('Object.defineProperty(exports, "__esModule", { value: true });\n', '')
    .replace(REQUIRE, (call, dynamic: string | undefined, double: string | undefined, single: string | undefined) => {
      const specifier = double ?? single ?? '';
      if (specifier.startsWith('node:')) {
        if (!BUILT_IN.has(specifier)) throw new Error(`${id}: ${specifier} is no built-in of ${process.version}`);
        return call;
      }
      const dependency = resolveModule(compiled, id, specifier);
      if (dynamic !== undefined) imports.push(dependency);
      return `${dynamic ?? ''}__require(${JSON.stringify(dependency)})`;
    });
  const left = text.match(/(?<![\w.])(require\((?!["']node:)[^)]*\)|import\.meta[.\w]*|import\()/);
  if (left) throw new Error(`${id}: cannot bundle ${left[0]}`);
  if (/String\.raw/.test(text) && /[^\0-\x7f]/.test(text)) throw new Error(`${id}: cannot bundle String.raw beside characters that must be escaped`);
  const { source, reexports } = lazyReexports(text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
  return { source, reexports, imports, requires: requirementsOf(source) };
}

/**
 * What an index only passes on is evaluated when somebody asks for it, and left out where nobody does. All packages say
 * `sideEffects: false`, so nobody can tell, and a turn evaluates half of the modules that it would otherwise.
 */
function lazyReexports(text: string): Pick<Module, 'source' | 'reexports'> {
  const reexports = new Map<string, Requirement>();
  let source = text;
  for (const [declaration, variable = '', id = ''] of text.matchAll(/^var (\w+) = __require\("([^"]+)"\);\n/gm)) {
    const getter = new RegExp(`Object\\.defineProperty\\(exports, "(\\w+)", \\{ enumerable: true, get: function \\(\\) \\{ return ${variable}\\.(\\w+); \\} \\}\\);`, 'g');
    if (usesOf(text.replace(declaration, '').replace(getter, ''), variable) !== undefined) continue;
    source = source.replace(declaration, '').replace(getter, (_, name: string, from: string) => {
      reexports.set(name, { id, names: [from] });
      return `__reexport(exports, "${name}", "${id}", "${from}");`;
    });
  }
  return { source, reexports };
}

function requirementsOf(source: string): Requirement[] {
  return [...source.matchAll(/^(?:const|var) (\w+) = __require\("([^"]+)"\);\n/gm)].map(([declaration, variable = '', id = '']) => ({ id, names: usesOf(source.replace(declaration, ''), variable) ?? [] }));
}

/** Members of a required module that the text uses; undefined: the variable does not occur. */
function usesOf(text: string, variable: string): readonly string[] | 'all' | undefined {
  const uses = [...text.matchAll(new RegExp(`(?<![\\w.])${variable}\\b(?:\\.(\\w+))?`, 'g'))].map(([, name]) => name);
  if (uses.length === 0) return undefined;
  const names = uses.filter((name) => name !== undefined);
  return names.length === uses.length ? names : 'all';
}

function resolveModule(compiled: string, from: string, specifier: string): string {
  const id = specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : exportedModule(specifier);
  if (id === undefined || !existsSync(join(root, compiled, id))) throw new Error(`${from}: cannot bundle ${specifier}`);
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
