/**
 * Imports point one way. This script is the proof: it reads every source and test file, and fails on any arrow that the
 * table below does not allow.
 *
 * In: the work tree. Out: one line a fault, exit code 1 if there is any.
 * Rules: (1) a package imports only the packages in its row, declared in its `package.json`; (2) `net/src/http1` and
 * `net/src/sse` import neither `socket/` nor any built-in; (3) sockets are opened only where sockets may be opened;
 * (4) no `node:http` and no `fetch`, for that is what this project is instead of; (5) runtime dependencies are `@sx/*`; (6) a
 * library imports values of `@sx/net` and `@sx/auth` by a subpath, providers those of `@sx/llm` too: the indexes load everything;
 * (7) what a package exports exists, and is the same file in the work tree, built and as types.
 * A file is read as text, not parsed: an import hidden from a regular expression would be hidden from a reader too.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** What each workspace may import of ours, at run time. `apps/sx` may import every published package. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  net: [],
  llm: ['net'],
  protocols: ['net', 'llm'],
  auth: ['net', 'llm'],
  ssh: ['net'],
  'provider-codex': ['net', 'llm', 'protocols', 'auth'],
  'provider-claude-code': ['net', 'llm', 'protocols', 'auth'],
  'provider-anthropic': ['net', 'llm', 'protocols', 'auth'],
  'provider-gemini': ['net', 'llm', 'protocols', 'auth'],
  'provider-openai': ['net', 'llm', 'protocols', 'auth'],
  'provider-router': ['net', 'llm', 'protocols', 'auth'],
  config: [],
  tui: [],
  agent: ['net', 'llm'],
  tools: ['net', 'llm', 'agent'],
  mcp: ['net', 'llm', 'agent'],
  testkit: ['net', 'llm'],
  simulator: ['testkit', 'net', 'llm'],
};
const PRIVATE = new Set(['testkit', 'simulator']);
/** Indexes that a library may take types from, and nothing that exists at run time; the last one only by what a provider loads. */
const WHOLE = /^@sx\/(?:net|auth)$/;
const WHOLE_FOR_PROVIDERS = /^@sx\/(?:net|auth|llm)$/;
const LOADED_BY_PROVIDERS = /^packages\/(?:auth|protocols|provider-[\w-]+)$/;

const SOCKET_MODULES = /^node:(net|tls|dns|dns\/promises|dgram)$/;
const FOREIGN_CLIENTS = /^node:(http|https|http2|inspector|inspector\/promises)$/;
/** Sources that may open or accept sockets. */
const MAY_OPEN_SOCKETS = [/^packages\/net\/src\/socket\//, /^packages\/auth\/src\/(oauth\/)?loopback-server\.ts$/, /^packages\/(simulator|testkit)\/src\//];
const MAY_USE_HTTP = [/^packages\/(simulator|testkit)\/src\//];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const faults: string[] = [];
const fault = (file: string, text: string): void => void faults.push(`${file}: ${text}`);

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const found: Import[] = [];
  for (const match of code.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/\b(?:import|require|getBuiltinModule)\(\s*['"]([^'"]+)['"]/g)) found.push({ specifier: match[1] ?? '', typeOnly: false });
  return found;
}

function checkOurs(file: string, home: string, area: 'src' | 'test', specifier: string): void {
  const wanted = specifier.split('/')[1] ?? '';
  const declared: unknown = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
  const names = area === 'src' ? dependencyNames(declared, ['dependencies']) : dependencyNames(declared, ['dependencies', 'devDependencies']);
  const self = home === 'apps/sx' ? 'cli' : home.split('/')[1];
  if (wanted === self) {
    if (area === 'src') fault(file, `imports its own package by name (${specifier}); use a relative path`);
    return;
  }
  // The test kit depends on the packages that it tests: declaring it there would close a circle that no build order can solve.
  if (area === 'test' && PRIVATE.has(wanted)) return;
  if (!names.includes(`@sx/${wanted}`)) fault(file, `imports ${specifier}, which ${home}/package.json does not declare`);
  if (area === 'test') return;
  const allowed = home === 'apps/sx' ? Object.keys(ARROWS).filter((name) => !PRIVATE.has(name)) : ARROWS[self ?? ''];
  if (allowed === undefined) fault(file, `${home} has no row in the table of arrows`);
  else if (!allowed.includes(wanted)) fault(file, `may not import ${specifier}: the arrow ${self} → ${wanted} is not allowed`);
}

function dependencyNames(manifest: unknown, sections: readonly string[]): string[] {
  return sections.flatMap((section) => {
    const value = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, section) : undefined;
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  });
}

function checkRelative(file: string, home: string, specifier: string): void {
  const target = relative(root, resolve(root, dirname(file), specifier));
  if (!existsSync(join(root, target))) fault(file, `imports ${specifier}, which does not exist`);
  const toScripts = file.startsWith(`${home}/test/`) && target.startsWith('scripts/');
  if (!target.startsWith(`${home}/`) && !toScripts) fault(file, `reaches into another package by path (${specifier})`);
}

function checkWhole(file: string, home: string, { specifier, typeOnly }: Import): void {
  if (typeOnly || !home.startsWith('packages/') || PRIVATE.has(home.slice('packages/'.length))) return;
  const whole = LOADED_BY_PROVIDERS.test(home) ? WHOLE_FOR_PROVIDERS : WHOLE;
  if (whole.test(specifier)) fault(file, `imports all of ${specifier} for a value: use a subpath of it`);
}

function checkPureFolders(file: string, specifier: string): void {
  if (!/^packages\/net\/src\/(http1|sse)\//.test(file)) return;
  if (specifier.startsWith('node:')) fault(file, `is pure and may not import ${specifier}`);
  if (/\/socket\//.test(specifier)) fault(file, `is pure and may not import ${specifier}`);
}

function checkBuiltIn(file: string, { specifier, typeOnly }: Import): void {
  if (typeOnly) return;
  if (SOCKET_MODULES.test(specifier) && !MAY_OPEN_SOCKETS.some((rule) => rule.test(file))) {
    fault(file, `may not import ${specifier}: only net/src/socket opens sockets`);
  }
  if (FOREIGN_CLIENTS.test(specifier) && !MAY_USE_HTTP.some((rule) => rule.test(file))) fault(file, `may not import ${specifier}`);
}

function checkSourceText(file: string, source: string): void {
  const code = withoutComments(source);
  if (!MAY_USE_HTTP.some((rule) => rule.test(file)) && /(?<![.\w])(fetch\s*\(|new\s+(WebSocket|EventSource)\b)/.test(code)) {
    fault(file, 'uses fetch, WebSocket or EventSource');
  }
  const owner = /^(apps\/sx\/src\/|packages\/simulator\/src\/main\.ts)/.test(file);
  if (!owner && /\bprocess\.(env|argv|exit|exitCode)\b/.test(code)) fault(file, 'reads process.env, argv or exit: only apps/sx may');
  if (/\brejectUnauthorized:(?!\s*true\b)/.test(code) && !/^packages\/(simulator|testkit)\//.test(file)) fault(file, 'passes rejectUnauthorized as something else than true');
}

/** What is imported by name is one file in the work tree, its build, and its types. */
function checkExports(home: string, manifest: unknown): void {
  const exported: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'exports') : undefined;
  for (const [subpath, target] of Object.entries(Object(exported))) {
    const { '@sx/source': source = '', types, default: built } = Object(target);
    const compiled = String(source).replace('./src/', './dist/').replace(/\.ts$/, '');
    if (!existsSync(join(root, home, source))) fault(`${home}/package.json`, `exports ${subpath} from ${source}, which does not exist`);
    if (types !== `${compiled}.d.ts` || built !== `${compiled}.js`) fault(`${home}/package.json`, `exports ${subpath} from different files`);
  }
}

const homes = globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root }).map((path) => dirname(path)).sort();
let filesRead = 0;
for (const home of homes) {
  const manifest: unknown = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
  for (const name of dependencyNames(manifest, ['dependencies', 'optionalDependencies', 'peerDependencies'])) {
    if (!name.startsWith('@sx/')) fault(`${home}/package.json`, `depends on ${name}: run-time dependencies are @sx/* only`);
    else if (PRIVATE.has(name.slice(4)) && !PRIVATE.has(home.split('/')[1] ?? '')) fault(`${home}/package.json`, `depends on the private ${name}`);
  }
  checkExports(home, manifest);
  for (const area of ['src', 'test'] as const) {
    for (const file of globSync(`${home}/${area}/**/*.ts`, { cwd: root }).sort()) {
      const source = readFileSync(join(root, file), 'utf8');
      filesRead += 1;
      if (area === 'src') checkSourceText(file, source);
      for (const found of importsOf(source)) {
        const { specifier } = found;
        if (specifier.startsWith('@sx/')) checkOurs(file, home, area, specifier);
        else if (specifier.startsWith('.')) checkRelative(file, home, specifier);
        else if (!specifier.startsWith('node:')) fault(file, `imports ${specifier}: nothing from outside`);
        if (area === 'src') checkWhole(file, home, found);
        if (area === 'src') checkPureFolders(file, specifier);
        if (area === 'src' && specifier.startsWith('node:')) checkBuiltIn(file, found);
      }
    }
  }
}
for (const line of faults) process.stderr.write(`${line}\n`);
process.stdout.write(`imports: ${filesRead} files in ${homes.length} workspaces, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 || filesRead === 0 ? 1 : 0;
