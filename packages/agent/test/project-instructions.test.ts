import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

import { readProjectInstructions } from '../src/project-instructions.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-instructions-')));
after(() => rmSync(root, { recursive: true, force: true }));

/** A project with files by path; `~` is the user's directory. */
function project(files: Readonly<Record<string, string | Buffer>>) {
  const base = mkdtempSync(join(root, 'p-'));
  const at = (path: string): string => join(base, path.startsWith('~') ? `user${path.slice(1)}` : join('project', path));
  mkdirSync(at('deep/er'), { recursive: true });
  mkdirSync(at('~'), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
  const read = (bytesMax?: number) =>
    readProjectInstructions({ userDirectory: at('~'), projectRoot: at(''), workingDirectory: at('deep/er'), ...(bytesMax === undefined ? {} : { bytesMax }) });
  return { at, read };
}

test('the user\'s file first, then from the root down to the working directory', () => {
  const { at, read } = project({ '~/AGENTS.md': 'mine', 'AGENTS.md': 'of the root\n', 'deep/CLAUDE.md': 'deeper', 'deep/er/AGENTS.md': 'deepest', 'aside/AGENTS.md': 'no' });
  const { text, files, notices } = read();
  assert.deepEqual(files, [at('~/AGENTS.md'), at('AGENTS.md'), at('deep/CLAUDE.md'), at('deep/er/AGENTS.md')]);
  assert.deepEqual([...text.matchAll(/^# (\S+)\n\n(.*)$/gm)].map((match) => match[2]), ['mine', 'of the root', 'deeper', 'deepest']);
  assert.deepEqual(notices, []);
});

test('in a directory an override wins over AGENTS.md, and that over CLAUDE.md; an empty file says nothing', () => {
  const all = project({ 'AGENTS.override.md': 'override', 'AGENTS.md': 'agents', 'CLAUDE.md': 'claude' });
  assert.match(all.read().text, /override$/);
  assert.match(project({ 'AGENTS.md': 'agents', 'CLAUDE.md': 'claude' }).read().text, /agents$/);
  assert.match(project({ 'AGENTS.md': ' \n', 'CLAUDE.md': 'claude' }).read().text, /claude$/);
  assert.equal(project({}).read().text, '');
});

test('a link within the project counts once; one that leads out is not followed', () => {
  const { at, read } = project({ 'AGENTS.md': 'shared', '~/secret': 'hunter2' });
  symlinkSync(at('AGENTS.md'), at('deep/CLAUDE.md'));
  symlinkSync(at('~/secret'), at('deep/er/AGENTS.md'));
  const { text, files, notices } = read();
  assert.deepEqual(files, [at('AGENTS.md')]);
  assert.doesNotMatch(text, /hunter2/);
  assert.match(notices.join(), /leads out of/);
});

test('what goes beyond the limit is cut at a line, and the model and the person are told', () => {
  const { at, read } = project({ 'AGENTS.md': 'a'.repeat(60), 'deep/er/AGENTS.md': `${'line of text\n'.repeat(10)}` });
  const { text, notices } = read(100);
  assert.match(text, /line of text\nline of text\nline of text\n\[cut here: read /);
  assert.deepEqual(notices, [`${at('deep/er/AGENTS.md')} was cut: instruction files may have 100 bytes together`]);
  const huge = project({ 'AGENTS.md': `first\n${'ü'.repeat(70_000)}` }).read();
  assert.match(huge.text, /first\n\[cut here/);
  assert.equal(huge.notices.length, 1);
});

test('what is no UTF-8 or no regular file is left out with a notice, and nothing is waited for', () => {
  const { at, read } = project({ 'AGENTS.md': Buffer.from([0x61, 0xff, 0x62]), 'deep/CLAUDE.md': 'fine' });
  mkdirSync(at('deep/er/AGENTS.md'));
  execFileSync('mkfifo', [at('~/AGENTS.md')]);
  const { text, notices } = read();
  assert.match(text, /fine$/);
  assert.equal(notices.length, 3);
  assert.match(notices.join('\n'), /AGENTS\.md is not read: it is no UTF-8[\s\S]*no regular file|no regular file[\s\S]*no UTF-8/);
});

test('a byte order mark is no text, and a working directory outside of the root stands alone', () => {
  const { at } = project({ 'AGENTS.md': '\ufeffbom', '~/CLAUDE.md': 'elsewhere' });
  const { text, files } = readProjectInstructions({ userDirectory: undefined, projectRoot: at('deep'), workingDirectory: at('') });
  assert.deepEqual(files, [], 'it leads out of the root that the caller named');
  assert.equal(text, '');
  assert.match(readProjectInstructions({ userDirectory: undefined, projectRoot: at(''), workingDirectory: at('') }).text, /\nbom$/);
});
