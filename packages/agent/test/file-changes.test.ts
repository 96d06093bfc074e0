import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { createFileChanges } from '../src/file-changes.ts';

function directory(t: TestContext): (name: string) => string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-changes-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return (name) => join(root, name);
}

function change(changes: ReturnType<typeof createFileChanges>, path: string, act: () => void): void {
  changes.before(path);
  act();
  changes.after(path);
}

test('gives files back what they held before the last run, mode included, and removes what it made', (t) => {
  const at = directory(t);
  writeFileSync(at('kept'), 'one');
  chmodSync(at('kept'), 0o755);
  const changes = createFileChanges();
  changes.startRun();
  change(changes, at('kept'), () => writeFileSync(at('kept'), 'two'));
  change(changes, at('kept'), () => writeFileSync(at('kept'), 'three'));
  change(changes, at('made'), () => writeFileSync(at('made'), 'new'));
  assert.deepEqual([...changes.originals()].map(([path, bytes]) => [path, bytes?.toString()]), [[at('kept'), 'one'], [at('made'), undefined]]);
  assert.deepEqual(changes.undo(), { restored: [at('kept'), at('made')], skipped: [] });
  assert.equal(readFileSync(at('kept'), 'utf8'), 'one');
  assert.equal(statSync(at('kept')).mode & 0o777, 0o755);
  assert.equal(existsSync(at('made')), false);
  assert.equal(changes.undo(), undefined);
});

test('undoes one run after the other, and passes over runs that changed nothing', (t) => {
  const at = directory(t);
  writeFileSync(at('a'), '0');
  const changes = createFileChanges();
  for (const text of ['1', '2', undefined]) {
    changes.startRun();
    if (text !== undefined) change(changes, at('a'), () => writeFileSync(at('a'), text));
    else change(changes, at('a'), () => undefined);
  }
  changes.undo();
  assert.equal(readFileSync(at('a'), 'utf8'), '1');
  changes.undo();
  assert.equal(readFileSync(at('a'), 'utf8'), '0');
});

test('leaves alone what somebody else changed since, and says so', (t) => {
  const at = directory(t);
  writeFileSync(at('a'), '0');
  writeFileSync(at('target'), 'untouched');
  const changes = createFileChanges();
  changes.startRun();
  change(changes, at('a'), () => writeFileSync(at('a'), '1'));
  change(changes, at('b'), () => writeFileSync(at('b'), '1'));
  writeFileSync(at('a'), 'by hand');
  rmSync(at('b'));
  symlinkSync(at('target'), at('b'));
  assert.deepEqual(changes.undo(), { restored: [], skipped: [{ path: at('a'), reason: 'it was changed since' }, { path: at('b'), reason: 'it was changed since' }] });
  assert.equal(readFileSync(at('a'), 'utf8'), 'by hand');
  assert.equal(readFileSync(at('target'), 'utf8'), 'untouched');
});

test('keeps no more than its limits: large files are named, old runs forgotten', (t) => {
  const at = directory(t);
  writeFileSync(at('large'), 'x'.repeat(11));
  const changes = createFileChanges({ undoFileBytesMax: 10, undoBytesMax: 15, undoRunsMax: 2 });
  changes.startRun();
  change(changes, at('large'), () => writeFileSync(at('large'), 'small'));
  assert.equal(changes.originals().get(at('large')), 'too-large');
  assert.deepEqual(changes.undo()?.skipped, [{ path: at('large'), reason: 'it was too large to be remembered' }]);
  for (const text of ['1234567890', 'abcdefghij', 'ABCDEFGHIJ']) {
    changes.startRun();
    change(changes, at('large'), () => writeFileSync(at('large'), text));
  }
  assert.notEqual(changes.undo(), undefined);
  assert.equal(readFileSync(at('large'), 'utf8'), 'abcdefghij');
  assert.equal(changes.undo(), undefined, '10 bytes twice are above the limit of 15, so the run before was forgotten');
});
