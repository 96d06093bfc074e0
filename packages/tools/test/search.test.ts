import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { test } from 'node:test';

import { globTool } from '../src/glob.ts';
import { grepTool } from '../src/grep.ts';
import { parseIgnoreRules } from '../src/ignore-rules.ts';
import { toolLimits } from '../src/limits.ts';
import { repeatsNothing, requiredLiteral } from '../src/line-search.ts';
import { listTool } from '../src/list.ts';
import { createFixture } from './tool-fixture.ts';

const { root, write, call } = createFixture();
const grep = async (input: object) => (await call(grepTool, { ...input })).text;
const glob = async (pattern: string, more = {}) => (await call(globTool, { pattern, ...more })).text.split('\n');
const list = async (input: object) => (await call(listTool, { ...input })).text;

for (const [path, content] of [
  ['.gitignore', '*.log\n/build/\nnode_modules/\n!keep.log\n'],
  ['a.ts', 'const alpha = 1;\nconst beta = 2;\n'],
  ['src/b.ts', 'import alpha\r\nlast alpha'],
  ['src/deep/c.js', 'Alpha\n'],
  ['src/.gitignore', 'generated.*\n!important.log\n'],
  ['src/generated.ts', 'alpha\n'],
  ['src/important.log', 'alpha\n'],
  ['x.log', 'alpha\n'],
  ['keep.log', 'alpha\n'],
  ['build/out.ts', 'alpha\n'],
  ['src/build/in.ts', 'alpha\n'],
  ['node_modules/m/index.js', 'alpha\n'],
  ['.git/config', 'alpha\n'],
  ['.hidden/h.ts', 'alpha\n'],
  ['binary.bin', 'alpha\0'],
  ['latin1.txt', Buffer.from('alpha caf\xe9\n', 'latin1')],
  ['utf16.txt', Buffer.from('\ufeffone\nalpha two\n', 'utf16le')],
] as const) write(path, content);
symlinkSync('.', `${root}/loop`);
symlinkSync('/etc', `${root}/outside`);

test('grep finds lines in order, and leaves out what is ignored, binary, or behind a link', async () => {
  assert.equal(
    await grep({ pattern: 'alpha' }),
    ['a.ts:1:const alpha = 1;', 'keep.log:1:alpha', 'latin1.txt:1:alpha caf\ufffd', 'utf16.txt:2:alpha two', '.hidden/h.ts:1:alpha', 'src/b.ts:1:import alpha', 'src/b.ts:2:last alpha', 'src/important.log:1:alpha', 'src/build/in.ts:1:alpha']
      .join('\n'),
  );
});

const searches: readonly (readonly [object, string])[] = [
  [{ pattern: 'ALPHA', ignoreCase: true, include: '*.js' }, 'src/deep/c.js:1:Alpha'],
  [{ pattern: 'alpha = 1;', literal: true }, 'a.ts:1:const alpha = 1;'],
  [{ pattern: '= .;$' }, 'a.ts:1:const alpha = 1;\na.ts:2:const beta = 2;'],
  [{ pattern: '^import' }, 'src/b.ts:1:import alpha'],
  [{ pattern: 'import alpha$' }, 'src/b.ts:1:import alpha'],
  [{ pattern: '(?<!import )alpha', path: 'src/b.ts' }, 'src/b.ts:2:last alpha'],
  [{ pattern: 'alpha', path: 'src', filesOnly: true, include: 'b.ts' }, 'src/b.ts'],
  [{ pattern: 'beta', path: 'a.ts', context: 1 }, 'a.ts-1-const alpha = 1;\na.ts:2:const beta = 2;'],
  [{ pattern: 'const', path: 'a.ts', context: 1 }, 'a.ts:1:const alpha = 1;\na.ts:2:const beta = 2;'],
  [{ pattern: 'alpha', path: 'x.log' }, 'x.log:1:alpha'],
  [{ pattern: 'nothing here' }, 'No line matches nothing here.'],
  [{ pattern: '1;\\s*const' }, 'No line matches 1;\\s*const.'],
  [{ pattern: 'a(b', literal: true }, 'No line matches a(b.'],
];
for (const [input, expected] of searches) test(`grep ${JSON.stringify(input)}`, async () => assert.equal(await grep(input), expected));

for (const [input, expected] of [
  [{ pattern: '(' }, /not a regular expression: .*set literal/],
  [{ pattern: '' }, /is empty/],
  [{ pattern: 'a\nb' }, /line break/],
  [{ pattern: 'x'.repeat(2_000) }, /at most 1000/],
  [{ pattern: 'x', path: 'missing' }, /No such directory: missing/],
  [{ pattern: 'x', context: 99 }, /from 0 to 10/],
] as const) test(`grep refuses ${JSON.stringify(input).slice(0, 40)}`, async () => assert.match(await grep(input), expected));

test('grep stops at its limits and says so', async () => {
  write('many/many.txt', 'match me\n'.repeat(1_000));
  const text = await grep({ pattern: 'match', path: 'many' });
  assert.equal(text.split('\n').length, toolLimits.grepMatchesMax + 1);
  assert.match(text, /\[stopped after 200 matches; narrow the search\]$/);
  write('wide/wide.txt', `${'y'.repeat(100_000)} needle\n`);
  assert.match(await grep({ pattern: 'needle', path: 'wide' }), /^wide\/wide.txt:1:y{400} \[… 100007 characters\]$/);
});

test('grep numbers lines rightly beyond the first piece of a large file', async () => {
  write('large/large.txt', `${'0123456789abcdef'.repeat(4)}\n`.repeat(150_000) + 'the needle\n');
  assert.equal(await grep({ pattern: 'need.e', path: 'large' }), 'large/large.txt:150001:the needle');
});

test('a file with a hole of gigabytes is searched up to the hole, at once', async () => {
  const path = write('sparse/sparse.txt', `${'0123456789abcde\n'.repeat(20_000)}needle\n`);
  truncateSync(path, 64 * 1024 ** 3);
  const started = performance.now();
  assert.equal(await grep({ pattern: 'needle', path: 'sparse' }), 'No line matches needle.');
  assert.equal(await grep({ pattern: '^0123456789', path: 'sparse/sparse.txt', filesOnly: true }), 'No line matches ^0123456789.');
  assert.ok(performance.now() - started < 2_000);
});

test('of a long file in UTF-16 the beginning is searched, and that is said', async () => {
  write('wide16/long.txt', Buffer.from(`\ufeffneedle\n${'0123456789\n'.repeat(30_000)}needle\n`, 'utf16le'));
  assert.equal(await grep({ pattern: 'needle', path: 'wide16' }), 'wide16/long.txt:1:needle\n[only the beginning was searched of wide16/long.txt]');
});

test('a pattern that backtracks without end is stopped, and the rest is searched', async () => {
  write('slow/a.txt', `${'a'.repeat(40)}!\n`);
  write('slow/b.txt', 'aab\n');
  const text = await grep({ pattern: '^(a+)+b$', path: 'slow' });
  assert.equal(text, 'slow/b.txt:1:aab\n[given up, the pattern takes too long there: slow/a.txt]');
  for (const name of ['c', 'd', 'e']) write(`slow/${name}.txt`, `${'a'.repeat(40)}!\n`);
  assert.match(await grep({ pattern: '^(a+)+b$', path: 'slow' }), /takes too long .*backtracks/);
});

test('names are escaped', async () => {
  write('odd/new\nline\u001b.txt', 'odd one\n');
  assert.equal(await grep({ pattern: 'odd one', path: 'odd' }), 'odd/new\\nline\\u001b.txt:1:odd one');
  assert.deepEqual(await glob('odd/*'), ['odd/new\\nline\\u001b.txt']);
  assert.equal(await list({ path: 'odd' }), 'new\\nline\\u001b.txt');
});

test('glob matches names at any depth, paths from the root, and braces', async () => {
  assert.deepEqual(await glob('*.ts'), ['.hidden/h.ts', 'a.ts', 'src/b.ts', 'src/build/in.ts']);
  assert.deepEqual(await glob('./src/*.ts'), ['src/b.ts']);
  assert.deepEqual(await glob('src/**/*.{ts,js}'), ['src/b.ts', 'src/build/in.ts', 'src/deep/c.js']);
  assert.deepEqual(await glob(`${root}/*.ts`), ['a.ts']);
  assert.deepEqual(await glob('*.ts', { path: 'src' }), ['src/b.ts', 'src/build/in.ts']);
  assert.deepEqual(await glob('nope'), ['No file matches nope.']);
});

test('list shows kinds, depth and what is left out', async () => {
  assert.equal(await list({ path: 'src' }), '.gitignore\nb.ts\nbuild/\ndeep/\nimportant.log\n[1 ignored entries left out; all: true shows them]');
  assert.equal(await list({ path: 'src', all: true, depth: 2 }), '.gitignore\nb.ts\nbuild/\nbuild/in.ts\ndeep/\ndeep/c.js\ngenerated.ts\nimportant.log');
  assert.match(await list({}), /^loop@$/m);
  mkdirSync(`${root}/hollow`);
  assert.equal(await list({ path: 'hollow' }), '(hollow is empty)');
  assert.match(await list({ path: 'a.ts' }), /a.ts is not a directory/);
  assert.match(await list({ path: 'sr' }), /No such directory: sr.*/);
});

test('a pipe in the tree does not hang a search', async () => {
  mkdirSync(`${root}/pipes`);
  spawnSync('mkfifo', [`${root}/pipes/fifo`]);
  assert.equal(await grep({ pattern: 'x', path: 'pipes' }), 'No line matches x.');
});

test('walks leave out what the rules hide', async () => {
  const hidden = { mayRead: (path: string) => !path.startsWith(`${root}/src`) };
  assert.doesNotMatch((await call(grepTool, { pattern: 'alpha' }, hidden)).text, /src/);
  assert.doesNotMatch((await call(globTool, { pattern: '**' }, hidden)).text, /src/);
  assert.doesNotMatch((await call(listTool, {}, hidden)).text, /src/);
});

test('an abort ends a search', async () => {
  await assert.rejects(call(grepTool, { pattern: 'alpha' }, { signal: AbortSignal.abort(new Error('stopped')) }), /stopped/);
});

const ignoreTable: readonly (readonly [rules: string, ignored: readonly string[], kept: readonly string[]])[] = [
  ['*.log', ['a.log', 'd/a.log', '.log'], ['a.logs', 'log']],
  ['/a', ['a'], ['d/a']],
  ['d/a', ['d/a'], ['a', 'e/d/a']],
  ['a/', ['a/', 'd/a/'], ['a']],
  ['**/a', ['a', 'd/a', 'd/e/a'], ['b']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'a/']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['b']],
  ['*\n!b', ['a'], ['b', 'd/b']],
  ['!b\n*', ['a', 'b'], []],
  ['\\#a\n\\!b', ['#a', '!b'], ['a']],
  ['# a\n\n', [], ['a', '# a']],
  ['a \nb\\ ', ['a', 'b '], ['a ', 'b']],
  ['{a,b}', ['{a,b}'], ['a', 'b']],
  ['[ab].txt', ['a.txt'], ['c.txt']],
  ['a\r\nb\r\n', ['a', 'b'], []],
  ['/', [], ['a']],
];
for (const [text, ignored, kept] of ignoreTable) {
  test(`ignore rules ${JSON.stringify(text)}`, () => {
    const rules = parseIgnoreRules(text);
    const matches = (path: string): boolean => {
      const plain = path.replace(/\/$/, '');
      return rules?.match(plain, plain.slice(plain.lastIndexOf('/') + 1), path.endsWith('/')) ?? false;
    };
    for (const path of ignored) assert.equal(matches(path), true, path);
    for (const path of kept) assert.equal(matches(path), false, path);
  });
}

test('ignore rules agree with git', () => {
  const rules = '*.o\n/top\nsub/x\ndir/\n!keep.o\n**/deep/*.tmp\nfoo/**\n!foo/bar/\na?c\n[!x]yz\n';
  const { root: repository, write: put } = createFixture();
  put('.gitignore', rules);
  const paths = ['a.o', 'keep.o', 'd/keep.o', 'top', 'd/top', 'sub/x', 'd/sub/x', 'dir/f', 'e/dir/f', 'deep/a.tmp', 'q/deep/a.tmp', 'q/deep/r/a.tmp', 'foo/f', 'abc', 'ac', 'ayz', 'xyz', 'plain'];
  for (const path of paths) put(path, '');
  spawnSync('git', ['init', '-q'], { cwd: repository });
  const { stdout } = spawnSync('git', ['check-ignore', '--no-index', '--stdin'], { cwd: repository, input: paths.join('\n'), encoding: 'utf8' });
  const parsed = parseIgnoreRules(rules);
  const ours = paths.filter((path) => {
    const parts = path.split('/');
    return parts.some((_, index) => parsed?.match(parts.slice(0, index + 1).join('/'), parts[index] ?? '', index < parts.length - 1) === true);
  });
  assert.deepEqual(ours.sort(), stdout.trim().split('\n').sort());
});

for (const [pattern, expected] of [
  ['hello', 'hello'], ['hel+o', 'hel'], ['hello?x', 'hell'], ['a|hello', undefined], ['(hello)', undefined], ['[hello]world', 'world'], ['\\bworld\\b', 'world'], ['foo\\.bar', 'foo.bar'], ['wor{2}ld', 'wo'], ['x\\x41hello', undefined],
  ['^class\\s+Name$', 'class'], ['(?i)hello', undefined], ['ab', 'ab'], ['[\\]]hello', 'hello'], ['h(a|b)world', undefined], ['h(ab)?world', 'world'],
] as const) test(`what every match of ${pattern} must contain`, () => assert.equal(requiredLiteral(pattern), expected));

for (const [pattern, expected] of [
  ['hello', true],
  ['(hello|hallo) [wW]orld', true],
  ['\\bhell(?:o)?\\b', true],
  ['a\\+\\*b', true],
  ['[*+{]x', true],
  ['[]+]x', true],
  ['(?=a)b', true],
  ['a+', false],
  ['(a*)*b', false],
  ['a{2,}', false],
  ['a?a?a?a?aaaa', false],
  ['[a\\]+]+', false],
  ['\\\\+', false],
] as const) test(`${pattern} ${expected ? 'needs no' : 'needs a'} time limit`, () => assert.equal(repeatsNothing(pattern), expected));
