import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { completeCommand } from '../../../src/modes/interactive/commands.ts';
import { expandCustomCommand, parseCustomCommand } from '../../../src/modes/interactive/custom-commands.ts';
import { mediaChip } from '../../../src/modes/interactive/media-chip.ts';
import { promptParts } from '../../../src/modes/interactive/prompt-parts.ts';

test('a command of a Markdown file takes its description from the front matter, the heading or the first line', () => {
  assert.deepEqual(
    parseCustomCommand('Review', '---\ndescription: "look at it"\n---\nReview $ARGUMENTS'),
    { name: 'review', description: 'look at it', prompt: 'Review $ARGUMENTS' },
  );
  assert.equal(parseCustomCommand('a', '# Tests first\nWrite tests').description, 'Tests first');
  assert.equal(parseCustomCommand('a', 'Write tests\nand run them').description, 'Write tests');
});

test('arguments stand where they are named, once, and behind the text where they are not', () => {
  const expand = (prompt: string, argument: string): string => expandCustomCommand(
    { name: 'x', description: '', prompt },
    argument,
  );
  assert.equal(expand('see $1 and $2: $ARGUMENTS', 'a b c'), 'see a and b: a b c');
  assert.equal(expand('see $3.', 'a b'), 'see .');
  assert.equal(expand('see', 'a b'), 'see\n\na b');
  assert.equal(expand('see $1', '$2 x'), 'see $2', 'what was put in is not looked at again');
});

test('the list of commands is filtered, and runs at once what takes no argument', () => {
  const [first] = completeCommand('und', []);
  assert.deepEqual([first?.value, first?.submits], ['/undo', true]);
  assert.equal(completeCommand('mod', [])[0]?.submits, false);
  assert.equal(completeCommand('review', [{ name: 'review', description: 'mine', prompt: 'x' }])[0]?.detail, 'mine');
});

test('the path of an image becomes a chip, however it was dropped; other text does not', (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-media-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  mkdirSync(join(root, 'a b'));
  const file = join(root, 'a b', 'p.png');
  writeFileSync(file, png);
  for (const written of [
    file,
    `'${file}'`,
    file.replace(' ', '\\ '),
    `file://${file.replace(' ', '%20')}`,
    'a b/p.png\n',
  ]) assert.equal(
    mediaChip(written, root)?.value,
    file,
    written,
  );
  for (const written of ['missing.png', `${file}\nand more`, 'text', 'file://%zz/p.png']) assert.equal(
    mediaChip(written, root),
    undefined,
    written,
  );
  const parts = promptParts(
    { text: 'see @p.png', attachments: [{ kind: 'attachment', label: '[p.png]', value: file }] },
    ['a note'],
    root,
    assert.fail,
  );
  assert.deepEqual(
    parts.map((part) => (part.type === 'text' ? part.text : part.mediaType)),
    ['<note>\na note\n</note>', 'see @p.png', 'image/png'],
  );
});

test('a file that is no image after all is left out, with a warning', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sx-media-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'x.png'), 'no image');
  const warnings: string[] = [];
  assert.equal(promptParts({ text: '@x.png', attachments: [] }, [], root, (text) => warnings.push(text)).length, 1);
  assert.match(warnings.join(), /no PNG/);
});
