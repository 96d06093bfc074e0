/**
 * `docs/adding-a-provider.md`, followed literally: its files and lines go into a copy of the tree, which is then type-checked and
 * run, once with the vendor and once with the package that the page adds.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/adding-a-provider.md'), 'utf8');
const run = promisify(execFile);

/** Within the tree, so that its dependencies are found. */
const copy = mkdtempSync(join(import.meta.dirname, '.adding-'));
after(() => rmSync(copy, { recursive: true, force: true }));

/** A `+` line goes behind the line above it. */
function insertLines(text: string, block: string): string {
  const lines = text.split('\n');
  let at = -1;
  for (const line of block.trimEnd().split('\n')) {
    if (line.startsWith('+')) lines.splice(++at, 0, line.slice(1));
    else {
      at = lines.indexOf(line.slice(1));
      assert.notEqual(at, -1, `the page speaks of a line that is not there: ${line}`);
    }
  }
  return lines.join('\n');
}

before(() => {
  const packages = readdirSync(join(ROOT, 'packages'));
  for (const name of packages) {
    cpSync(join(ROOT, 'packages', name, 'src'), join(copy, 'packages', name, 'src'), { recursive: true });
    cpSync(join(ROOT, 'packages', name, 'package.json'), join(copy, 'packages', name, 'package.json'));
  }
  cpSync(join(ROOT, 'apps/sx/src'), join(copy, 'apps/sx/src'), { recursive: true });
  cpSync(join(ROOT, 'apps/sx/package.json'), join(copy, 'apps/sx/package.json'));
  for (const [, path = '', content = ''] of page.matchAll(/<!-- file: (\S+) -->\n```\w+\n([^]*?)```/g)) {
    assert.ok(!existsSync(join(copy, path)), `${path} is there already`);
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), content);
  }
  for (const [, path = '', block = ''] of page.matchAll(/<!-- lines: (\S+) -->\n```diff\n([^]*?)```/g)) {
    const file = join(copy, path);
    writeFileSync(file, insertLines(readFileSync(file, 'utf8'), block));
  }
  mkdirSync(join(copy, 'node_modules/@sx'), { recursive: true });
  for (const name of [...packages, 'provider-example']) symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@sx', name));
  const include = ['apps/sx/src/**/*.ts', 'packages/provider-openai/src/**/*.ts', 'packages/provider-example/src/**/*.ts', 'packages/config/src/**/*.ts'];
  const compilerOptions = { composite: false, noEmit: true, declaration: false, typeRoots: [join(ROOT, 'node_modules/@types')] };
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ extends: join(ROOT, 'tsconfig.base.json'), compilerOptions, include }));
});

it('what the page adds passes the type check', async () => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', copy], { timeout: 60_000 })
    .catch((error: unknown) => Object(error) as { stdout: string });
  assert.equal(stdout, '');
});

it('a turn with tools runs with the vendor and with the package that the page adds', async () => {
  const { createSimulator }: typeof import('@sx/simulator') = await import(pathToFileURL(join(copy, 'packages/simulator/src/index.ts')).href);
  const { vendorOf }: typeof import('@sx/provider-openai') = await import(pathToFileURL(join(copy, 'packages/provider-openai/src/index.ts')).href);
  assert.equal(vendorOf('https://api.acme.example').id, 'acme');
  const simulator = await createSimulator({ tls: false, strict: true });
  const home = join(copy, 'home');
  mkdirSync(join(home, '.git'), { recursive: true });
  writeFileSync(join(home, 'a.txt'), 'one\n');
  const ask = (env: Readonly<Record<string, string>>) => run(
    process.execPath,
    ['--conditions=@sx/source', join(copy, 'apps/sx/src/bin.ts'), '-p', 'go\n[script]\nthink I look\ncall read {"path":"a.txt"}\nthen\nsay Done.', '--no-stdin', '--ephemeral'],
    { cwd: home, env: { HOME: home, ...env }, timeout: 60_000 },
  );
  try {
    const acme = { PROVIDER: 'openai', OPENAI_VENDOR: 'acme', OPENAI_API_KEY: simulator.apiKey, OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', 'acme') };
    assert.equal((await ask(acme)).stdout, 'Done.\n');
    assert.deepEqual(simulator.requests.map(({ route, status }) => [route, status]), [['acme.chat', 200], ['acme.chat', 200]]);
    assert.match(JSON.stringify(simulator.requests.at(-1)?.body), /"model":"acme-large".*"reasoning_content":"I look"/);
    simulator.clearJournal();
    const example = { PROVIDER: 'example', EXAMPLE_API_KEY: simulator.apiKey, EXAMPLE_API_URL: simulator.urls.openai };
    assert.equal((await ask(example)).stdout, 'Done.\n');
    assert.deepEqual(simulator.requests.map(({ route, status }) => [route, status]), [['openai.responses', 200], ['openai.responses', 200]]);
  } finally {
    await simulator.close();
  }
});
