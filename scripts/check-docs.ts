/**
 * Documents that must keep up with the code: every error code has its heading in `docs/errors.md` (and no heading is
 * left over), `docs/configuration.md` is what the key table prints, every file of the project is spoken of by links
 * that exist, nothing names a place outside the repository, and what is published carries the licence and a README whose
 * `npm install` names each package that its programs import.
 *
 * In: the work tree. Out: one line a fault, exit code 1 if there is any.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const faults: string[] = [];

/** Codes are read from the arrays that declare them, wherever a source file exports `…_ERROR_CODES`. */
async function declaredCodes(): Promise<Map<string, string>> {
  const codes = new Map<string, string>();
  for (const file of globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root }).sort()) {
    if (!/export const \w+_ERROR_CODES\b/.test(readFileSync(join(root, file), 'utf8'))) continue;
    const module: Record<string, unknown> = await import(join(root, file));
    for (const [name, value] of Object.entries(module)) {
      if (!name.endsWith('_ERROR_CODES') || !Array.isArray(value)) continue;
      for (const code of value) codes.set(String(code), file);
    }
  }
  return codes;
}

async function checkErrors(): Promise<number> {
  const codes = await declaredCodes();
  const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const headings = [...text.matchAll(/^### `?([A-Z][A-Z0-9_]+)`?$/gm)].map((match) => match[1] ?? '');
  for (const [code, file] of codes) {
    const count = headings.filter((heading) => heading === code).length;
    if (count !== 1) faults.push(`docs/errors.md: ${code} (${file}) has ${count} headings, expected one`);
  }
  for (const heading of headings) if (!codes.has(heading)) faults.push(`docs/errors.md: ${heading} is no code of ours`);
  for (const code of codes.keys()) {
    const used = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root }).some(
      (file) => file !== codes.get(code) && readFileSync(join(root, file), 'utf8').includes(`'${code}'`),
    );
    if (!used) faults.push(`${codes.get(code) ?? ''}: ${code} is declared and never made`);
  }
  return codes.size;
}

async function checkConfiguration(): Promise<void> {
  const config: Record<string, unknown> = await import(join(root, 'packages/config/src/index.ts'));
  const print = config['configurationDocument'];
  if (typeof print !== 'function') return void faults.push('packages/config: configurationDocument() is missing');
  const current = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  if (current !== print()) faults.push('docs/configuration.md is not what the key table prints: run `npm run check -- --write`');
}

function checkProse(): number {
  const files = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'apps/*/*.md'], { cwd: root }).filter((file) => !file.includes('node_modules'));
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const match of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!existsSync(resolve(root, dirname(file), match[1] ?? ''))) faults.push(`${file}: link to ${match[1]}, which does not exist`);
    }
  }
  const everything = globSync(['*', '.ci/*', 'docs/**/*', 'scripts/**/*', 'packages/*/{src,test}/**/*', 'packages/*/*', 'apps/*/{src,test}/**/*', 'apps/*/*', 'bench/**/*'], {
    cwd: root,
    withFileTypes: true,
  });
  for (const entry of everything) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /node_modules|\/dist\/|\.tsbuildinfo|check-docs\.ts$/.test(path)) continue;
    const text = readFileSync(path, 'utf8');
    if (/\.\.\/shared\b|work\/shared|\.library\b/.test(text)) faults.push(`${path}: names a place outside the repository`);
  }
  return files.length;
}

function checkPackages(): void {
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8');
  const textOf = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');
  for (const file of globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root }).sort()) {
    if (/"private": true/.test(textOf(file))) continue;
    const folder = dirname(file);
    if (textOf(join(folder, 'LICENSE')) !== licence) faults.push(`${folder}/LICENSE is not the project's`);
    const readme = textOf(join(folder, 'README.md'));
    const installed = [...readme.matchAll(/^npm (?:install|i) (.*)$/gm)].flatMap(([, words = '']) => words.split(' '));
    const imported = new Set([...readme.matchAll(/ from '(@sx\/[\w-]+)/g)].map(([, name = '']) => name));
    for (const name of imported) if (!installed.includes(name)) faults.push(`${folder}/README.md: its programs import ${name}, which no npm install names`);
  }
}

const codes = await checkErrors();
await checkConfiguration();
checkPackages();
const documents = checkProse();
for (const line of faults) process.stderr.write(`${line}\n`);
process.stdout.write(`documents: ${documents} files, ${codes} error codes, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 || codes === 0 ? 1 : 0;
