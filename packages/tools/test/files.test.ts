import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';

import { editTool } from '../src/edit.ts';
import { toolLimits } from '../src/limits.ts';
import { readTool } from '../src/read.ts';
import { viewImageTool } from '../src/view-image.ts';
import { writeTool } from '../src/write.ts';
import { createFixture } from './tool-fixture.ts';

const { root, context, write, call } = createFixture();
const read = (path: string, more = {}) => call(readTool, { path, ...more });

test('reads lines with their numbers', async () => {
  write('a.txt', 'one\ntwo\n');
  assert.equal((await read('a.txt')).text, '     1\tone\n     2\ttwo');
  assert.equal((await read(`${root}/a.txt`)).text, '     1\tone\n     2\ttwo');
});

test('tells what is special about a file', async () => {
  write('crlf.txt', 'one\r\ntwo\r\n');
  write('open.txt', 'one');
  write('empty.txt', '');
  write('latin1.txt', Buffer.from('caf\xe9\n', 'latin1'));
  write('bom.txt', '\ufeffone\n');
  write('utf16le.txt', Buffer.from('\ufeffone\ntwo\n', 'utf16le'));
  write('utf16be.txt', Buffer.from('\ufeffone\n', 'utf16le').swap16());
  assert.equal((await read('crlf.txt')).text, '     1\tone\n     2\ttwo\n[line ends are CRLF, kept by edits]');
  assert.equal((await read('open.txt')).text, '     1\tone\n[no newline at the end of the file]');
  assert.equal((await read('empty.txt')).text, '(empty.txt is empty)');
  assert.match((await read('latin1.txt')).text, /1\tcafé\n\[not UTF-8, shown as Latin-1/);
  assert.match((await read('bom.txt')).text, /1\tone\n\[encoding utf-8-bom/);
  assert.match((await read('utf16le.txt')).text, /1\tone\n {5}2\ttwo\n\[encoding utf-16le/);
  assert.match((await read('utf16be.txt')).text, /1\tone\n\[encoding utf-16be/);
});

test('reads a page and says how to read on', async () => {
  write('long.txt', Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`).join(''));
  const first = (await read('long.txt')).text;
  assert.match(first, /^ {5}1\tline 1\n/);
  assert.match(first, /2000\tline 2000\n\[lines 1-2000 of 5000; read on with offset 2001\]$/);
  assert.equal((await read('long.txt', { offset: 4_999, limit: 2 })).text, '  4999\tline 4999\n  5000\tline 5000');
  assert.match((await read('long.txt', { offset: 5_001 })).text, /past the end: long.txt has 5000 lines/);
});

test('stops at 50 KB and cuts long lines', async () => {
  write('wide.txt', `${'x'.repeat(1_000)}\n`.repeat(200));
  assert.match((await read('wide.txt')).text, /\[lines 1-51 of 200; read on with offset 52\]$/);
  write('line.txt', 'y'.repeat(1_000_000));
  const { text } = await read('line.txt');
  assert.ok(text.length < 3_000);
  assert.match(text, /\[line cut at 2000 characters\]/);
});

test('reads a file of gigabytes without holding it', async () => {
  const path = write('huge.txt', 'first\n');
  const fd = openSync(path, 'r+');
  ftruncateSync(fd, 3 * 1024 ** 3);
  const filler = Buffer.alloc(12 * 1024, 'z'.repeat(99) + '\n');
  writeSync(fd, filler, 0, filler.length, 6);
  closeSync(fd);
  const before = process.memoryUsage().rss;
  assert.match((await read('huge.txt', { limit: 1 })).text, /^ {5}1\tfirst\n\[lines 1-1 of more; read on with offset 2\]$/);
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
  rmSync(path);
});

test('streams to a far line of a large file', async () => {
  const path = write('large.txt', '');
  const fd = openSync(path, 'w');
  const block = Buffer.from(`${'é'.repeat(500)}\n`.repeat(1_000));
  for (let written = 0; written < toolLimits.wholeFileBytesMax + block.length; written += block.length) writeSync(fd, block);
  writeSync(fd, 'last');
  closeSync(fd);
  const lines = Math.ceil((toolLimits.wholeFileBytesMax + block.length) / block.length) * 1_000;
  const { text } = await read('large.txt', { offset: lines });
  assert.equal(text, `${String(lines).padStart(6)}\t${'é'.repeat(500)}\n${String(lines + 1).padStart(6)}\tlast\n[no newline at the end of the file]`);
  assert.match((await call(editTool, { path: 'large.txt', oldText: 'last', newText: 'x' })).text, /more than \d+ bytes/);
  rmSync(path);
});

test('refuses what is no text file, without hanging', async () => {
  write('binary', Buffer.from([1, 2, 0, 3]));
  mkdirSync(`${root}/directory`);
  spawnSync('mkfifo', [`${root}/fifo`]);
  symlinkSync('circle', `${root}/circle`);
  assert.match((await read('binary')).text, /binary is binary \(4 bytes\)/);
  assert.match((await read('directory')).text, /is a directory. Use list or glob/);
  assert.match((await read('fifo')).text, /not a regular file/);
  assert.match((await read('circle')).text, /not a regular file/);
  assert.match((await read('/dev/zero')).text, /not a regular file/);
  assert.match((await read('a.txt/b')).text, /a part of the path is not a directory/);
});

test('names what is near where a file is missing', async () => {
  write('src/server.ts', '');
  assert.match((await read('src/sever.ts')).text, /No such file: src\/sever.ts. Near it: src\/server.ts/);
  assert.match((await read('nowhere/x')).text, /The directory nowhere does not exist either/);
});

const badInputs: readonly (readonly [Parameters<typeof call>[0], Parameters<typeof call>[1], RegExp])[] = [
  [readTool, {}, /`path` must be a string, got nothing/],
  [readTool, { path: 3 }, /got the number 3/],
  [readTool, { path: null }, /got null/],
  [readTool, { path: '' }, /is empty/],
  [readTool, { path: 'a\0b' }, /NUL/],
  [readTool, { path: 'x'.repeat(5_000) }, /5000 characters/],
  [readTool, { path: 'a', offset: 0 }, /from 1/],
  [readTool, { path: 'a', offset: 'x' }, /whole number/],
  [readTool, { path: 'a', limit: 1.5 }, /whole number/],
  [readTool, { path: 'a', file: 'b' }, /Unknown argument "file". Known: path, offset, limit/],
  [writeTool, { path: 'a' }, /`content` must be a string/],
  [editTool, { path: 'a', oldText: '', newText: 'x' }, /To make a new file use write/],
  [editTool, { path: 'a', oldText: 'x', newText: 'x' }, /nothing to change/],
  [editTool, { path: 'a', oldText: 'x', newText: 'y', replaceAll: 'yes' }, /true or false/],
];
for (const [tool, input, expected] of badInputs) {
  test(`${tool.definition.name} refuses ${JSON.stringify(input).slice(0, 60)}`, async () => assert.match((await call(tool, input)).text, expected));
}

test('writes a new file and its directories, and says so', async () => {
  const output = await call(writeTool, { path: 'new/deep/file.txt', content: 'a\nb\n' });
  assert.equal(output.text, 'Created new/deep/file.txt: 2 lines, 4 bytes.');
  assert.deepEqual(output.changedFiles, [{ path: `${root}/new/deep/file.txt`, kind: 'add' }]);
  assert.equal(readFileSync(`${root}/new/deep/file.txt`, 'utf8'), 'a\nb\n');
  assert.deepEqual(readdirSync(`${root}/new/deep`), ['file.txt']);
  // What was written is known: it may be edited at once.
  assert.equal((await call(editTool, { path: 'new/deep/file.txt', oldText: 'b', newText: 'c' })).isError, false);
});

test('does not overwrite what was not read, or changed since', async () => {
  write('kept.txt', 'mine');
  assert.match((await call(writeTool, { path: 'kept.txt', content: 'x' })).text, /was not read in this session/);
  await read('kept.txt');
  write('kept.txt', 'yours');
  assert.match((await call(writeTool, { path: 'kept.txt', content: 'x' })).text, /changed since it was read/);
  assert.equal(readFileSync(`${root}/kept.txt`, 'utf8'), 'yours');
  await read('kept.txt');
  assert.match((await call(writeTool, { path: 'kept.txt', content: 'x' })).text, /^Replaced kept.txt: 1 lines, 1 bytes.\n--- a\/kept.txt/);
});

test('keeps the mode of a file, and writes through a link to its target', async () => {
  chmodSync(write('run.sh', 'echo a\n'), 0o755);
  symlinkSync('run.sh', `${root}/link.sh`);
  await read('link.sh');
  assert.equal((await call(editTool, { path: 'link.sh', oldText: 'a', newText: 'b' })).isError, false);
  assert.equal(statSync(`${root}/run.sh`).mode & 0o777, 0o755);
  assert.equal(readFileSync(`${root}/run.sh`, 'utf8'), 'echo b\n');
});

const edits: readonly (readonly [name: string, before: Buffer, oldText: string, newText: string, after: Buffer, more?: object])[] = [
  ['plain', Buffer.from('a\nb\nc\n'), 'b', 'B', Buffer.from('a\nB\nc\n')],
  ['no newline at the end', Buffer.from('a\nb'), 'b', 'c', Buffer.from('a\nc')],
  ['CRLF', Buffer.from('a\r\nb\r\nc\r\n'), 'a\nb', 'x\ny\nz', Buffer.from('x\r\ny\r\nz\r\nc\r\n')],
  ['CRLF given as CRLF', Buffer.from('a\r\nb\r\n'), 'a\r\nb', 'x\r\ny', Buffer.from('x\r\ny\r\n')],
  ['new lines in a CRLF file', Buffer.from('a\r\nb\r\n'), 'b', 'b\nc', Buffer.from('a\r\nb\r\nc\r\n')],
  ['mixed, near LF', Buffer.from('a\nb\nc\r\nd\r\ne\r\n'), 'a\nb', 'x\ny', Buffer.from('x\ny\nc\r\nd\r\ne\r\n')],
  ['mixed, near CRLF', Buffer.from('a\nb\nc\r\nd\r\n'), 'c\nd', 'x\ny', Buffer.from('a\nb\nx\r\ny\r\n')],
  ['lone CR', Buffer.from('a\rb\nc\n'), 'c', 'd', Buffer.from('a\rb\nd\n')],
  ['UTF-8 BOM', Buffer.from('\ufeffa\nb\n'), 'a\nb', 'c', Buffer.from('\ufeffc\n')],
  ['BOM in oldText', Buffer.from('\ufeffa\n'), '\ufeffa', 'b', Buffer.from('\ufeffb\n')],
  ['UTF-16 LE', Buffer.from('\ufeffa\r\nb\r\n', 'utf16le'), 'a\nb', 'é\n漢', Buffer.from('\ufeffé\r\n漢\r\n', 'utf16le')],
  ['UTF-16 BE', Buffer.from('\ufeffa\n', 'utf16le').swap16(), 'a', '漢', Buffer.from('\ufeff漢\n', 'utf16le').swap16()],
  ['Latin-1', Buffer.from('caf\xe9 a\n', 'latin1'), 'é a', 'è b', Buffer.from('caf\xe8 b\n', 'latin1')],
  ['every byte of Latin-1', Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)), 'abc', 'xyz', Buffer.from(Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString('latin1').replace('abc', 'xyz'), 'latin1')],
  ['dollar signs', Buffer.from('a\n'), 'a', "$& $1 $'", Buffer.from("$& $1 $'\n")],
  ['all', Buffer.from('a\r\na\r\nb a\r\n'), 'a', 'cc', Buffer.from('cc\r\ncc\r\nb cc\r\n'), { replaceAll: true }],
  ['overlapping', Buffer.from('aaa\n'), 'aa', 'b', Buffer.from('ba\n'), { replaceAll: true }],
  ['to nothing', Buffer.from('a\nb\n'), 'a\n', '', Buffer.from('b\n')],
];
for (const [name, before, oldText, newText, after, more] of edits) {
  test(`an edit keeps every other byte: ${name}`, async () => {
    write('edit.txt', before);
    await read('edit.txt');
    const output = await call(editTool, { path: 'edit.txt', oldText, newText, ...more });
    assert.equal(output.isError, false, output.text);
    assert.deepEqual(readFileSync(`${root}/edit.txt`), after);
    // A second edit needs no second read.
    assert.ok(context.readFiles.get(`${root}/edit.txt`)?.startsWith('sha256:'));
  });
}

const refusedEdits: readonly (readonly [name: string, before: string | Buffer, oldText: string, newText: string, expected: RegExp])[] = [
  ['no match', 'alpha\nbeta gamma\n', 'beta gamna', 'x', /not found in edit.txt. The nearest lines are:\n {5}2\tbeta gamma/],
  ['one line of several', 'x {\n  return null;\n}\nfunction f() {\n  const a = 1;\n  const b = 2;\n  return null;\n}\n', '  return null;\n  const a = 1;\n  const b = 3;\n  return null;\n}', 'x',
    /The nearest lines are:\n {5}4\tfunction f\(\) \{\n {5}5\t  const a = 1;\n[^]*\nThe first difference is line 4, where oldText has:   return null;$/],
  ['the last of several', 'one\ntwo three\nfour five\n', 'two three\nfour six', 'x', /are:\n {5}2\ttwo three\n {5}3\tfour five\nThe first difference is line 3, where oldText has: four six$/],
  ['nothing like it', 'alpha\n', 'zzzzzz', 'x', /Nothing in the file is like it/],
  ['white space', 'if (a) {\n\tb();\n}\n', 'if (a) {\n  b();\n}', 'x', /Lines 1-3 differ only in white space. They are:\n {5}1\tif \(a\) \{\n {5}2\t\tb\(\);/],
  ['case', 'Hello\n', 'hello', 'x', /differ only in white space or case/],
  ['line numbers', 'a\nb\n', '     1\ta\n     2\tb', 'x', /begins with line numbers/],
  ['several matches', 'a\nb\na\n', 'a', 'x', /occurs 2 times in edit.txt, at lines 1, 3\./],
  ['beyond Latin-1', Buffer.from('\xe9\n', 'latin1'), 'é', '漢', /its encoding is latin1. Nothing was changed/],
  ['a lone surrogate', 'a\n', 'a', '\ud800', /cannot hold/],
];
for (const [name, before, oldText, newText, expected] of refusedEdits) {
  test(`an edit says why it failed: ${name}`, async () => {
    write('edit.txt', before);
    await read('edit.txt');
    const output = await call(editTool, { path: 'edit.txt', oldText, newText });
    assert.equal(output.isError, true);
    assert.match(output.text, expected);
    assert.deepEqual(readFileSync(`${root}/edit.txt`), Buffer.from(before));
  });
}

test('an edit shows what it changed', async () => {
  write('diff.txt', Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join(''));
  await read('diff.txt');
  const { text } = await call(editTool, { path: 'diff.txt', oldText: 'line 10\n', newText: 'ten\nand a half\n' });
  assert.equal(text, 'Edited diff.txt: 1 replacement.\n--- a/diff.txt\n+++ b/diff.txt\n@@ -7,7 +7,8 @@\n line 7\n line 8\n line 9\n-line 10\n+ten\n+and a half\n line 11\n line 12\n line 13');
});

test('edits only what was read and is still the same', async () => {
  write('unread.txt', 'a\n');
  assert.match((await call(editTool, { path: 'unread.txt', oldText: 'a', newText: 'b' })).text, /was not read in this session/);
  await read('unread.txt');
  write('unread.txt', 'a changed\n');
  assert.match((await call(editTool, { path: 'unread.txt', oldText: 'a', newText: 'b' })).text, /changed since it was read/);
  assert.match((await call(editTool, { path: 'missing.txt', oldText: 'a', newText: 'b' })).text, /No such file/);
  // Touched but equal is not changed.
  write('unread.txt', 'a\n');
  await read('unread.txt');
  write('unread.txt', 'a\n');
  assert.equal((await call(editTool, { path: 'unread.txt', oldText: 'a', newText: 'b' })).isError, false);
});

test('a disk that is full leaves the old file and no rest', async () => {
  write('full.txt', 'precious\n');
  await read('full.txt');
  // A limit on file size fails the write as a full disk does; it needs a process of its own.
  const script = `
    process.on('SIGXFSZ', () => {});
    const { writeTool } = await import(${JSON.stringify(new URL('../src/write.ts', import.meta.url).href)});
    const context = { workingDirectory: ${JSON.stringify(root)}, additionalDirectories: [], readFiles: new Map(${JSON.stringify([...context.readFiles])}), redact: (t) => t, signal: new AbortController().signal };
    const output = await writeTool.run({ path: 'full.txt', content: 'x'.repeat(3_000_000) }, context);
    console.log(output.content[0].text);`;
  const child = spawnSync('sh', ['-c', 'ulimit -f 1000; exec "$0" --conditions=@sx/source --input-type=module -e "$1"', process.execPath, script], { encoding: 'utf8' });
  assert.match(child.stdout, /^Failed full.txt: EFBIG/, child.stderr);
  assert.equal(readFileSync(`${root}/full.txt`, 'utf8'), 'precious\n');
  assert.deepEqual(readdirSync(root).filter((name) => name.endsWith('.tmp')), []);
});

test('nothing outside the working directory is touched without approval', async () => {
  const outside = write(`${root}/../outside.txt`, 'out\n');
  symlinkSync('..', `${root}/up`);
  const bare = { approved: [] };
  for (const path of ['../outside.txt', outside, 'up/outside.txt', '/etc/passwd', `${root}/../outside.txt`]) {
    for (const [tool, input] of [[readTool, { path }], [writeTool, { path, content: 'x' }], [viewImageTool, { path }]] as const) {
      assert.match((await call(tool, input, bare)).text, /is not a path that this call may|was not read/, path);
    }
  }
  assert.equal(readFileSync(outside, 'utf8'), 'out\n');
  // Without a list of approvals, as when a tool is used alone, the working directory is the bound.
  const alone = await readTool.run({ path: outside }, context);
  assert.equal(alone.isError, true);
  assert.equal((await readTool.run({ path: outside }, { ...context, additionalDirectories: [`${root}/..`.replace('/project/..', '')] })).isError, false);
});

test('a link put in place between question and act opens nothing', async () => {
  const secret = write(`${root}/../secret/file.txt`, 'secret\n');
  write('swap/file.txt', 'harmless\n');
  const approved = [{ action: 'read', path: `${root}/swap/file.txt` }, { action: 'edit', path: `${root}/swap/file.txt` }] as const;
  renameSync(`${root}/swap`, `${root}/swapped`);
  symlinkSync(`${root}/../secret`, `${root}/swap`);
  for (const [tool, input] of [[readTool, { path: 'swap/file.txt' }], [writeTool, { path: 'swap/file.txt', content: 'x' }]] as const) {
    const output = await tool.run(input, { ...context, approved, readFiles: new Map([[secret.replace('/project/..', ''), 'x']]) });
    assert.equal(output.isError, true);
  }
  assert.equal(readFileSync(secret, 'utf8'), 'secret\n');
  assert.ok(!existsSync(`${root}/../secret/x`));
});

test('names with line breaks and escapes are shown escaped', async () => {
  write('bad\nname\u001b[31m.txt', 'a\n');
  const accesses = await readTool.accesses({ path: 'bad\nname\u001b[31m.txt' }, context);
  assert.equal(accesses.kind === 'accesses' ? accesses.title : '', 'read bad\\nname\\u001b[31m.txt');
  assert.equal((await read('bad\nname\u001b[31m.txt')).text, '     1\ta');
});

test('shows images by their bytes, not their names', async () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  write('image.txt', png);
  write('a.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
  write('a.gif', 'GIF89a…');
  write('a.webp', 'RIFF\0\0\0\0WEBPVP8 ');
  write('fake.png', 'not an image');
  write('big.png', Buffer.concat([png, Buffer.alloc(toolLimits.imageBytesMax)]));
  const shown = async (path: string) => (await call(viewImageTool, { path })).text;
  const output = await call(viewImageTool, { path: 'image.txt' });
  assert.deepEqual(output.content, [{ type: 'media', mediaType: 'image/png', data: png.toString('base64'), filename: 'image.txt' }]);
  assert.deepEqual(await Promise.all(['a.jpg', 'a.gif', 'a.webp'].map(shown)), ['<image/jpeg>', '<image/gif>', '<image/webp>']);
  assert.match(await shown('fake.png'), /is not a PNG/);
  assert.match(await shown('big.png'), /at most/);
});

test('reads a PDF whole, as a document, by its bytes and not its name', async () => {
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n');
  write('paper', pdf);
  const output = await call(readTool, { path: 'paper' });
  assert.deepEqual(output.content, [{ type: 'media', mediaType: 'application/pdf', data: pdf.toString('base64'), filename: 'paper' }]);
  assert.equal(output.summary, `PDF, 1 page, ${pdf.length} bytes`);
  write('big.pdf', Buffer.concat([pdf, Buffer.alloc(toolLimits.documentBytesMax)]));
  assert.match((await call(readTool, { path: 'big.pdf' })).text, /big\.pdf is a PDF of \d+ bytes, at most 22500000/);
  assert.match((await call(viewImageTool, { path: 'paper' })).text, /paper is a PDF document\. Use read\./);
});

test('a working directory that vanished is an answer, not a crash', async () => {
  const gone = { workingDirectory: `${root}/gone` };
  assert.match((await call(readTool, { path: 'a.txt' }, gone)).text, /No such file/);
  assert.equal((await call(editTool, { path: 'a.txt', oldText: 'a', newText: 'b' }, gone)).isError, true);
  assert.match((await call(writeTool, { path: 'a.txt', content: 'a' }, gone)).text, /The working directory .* is gone/);
  assert.ok(!existsSync(gone.workingDirectory));
});
