import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { agentLimits } from '../../src/limits.ts';
import { readSkills } from '../../src/skills/read-skills.ts';
import { parseSkill, withArguments } from '../../src/skills/skill-file.ts';
import { createSkillTool, skillIndex } from '../../src/skills/skill-tool.ts';
import type { ToolContext, ToolRunContext } from '../../src/tool.ts';
import { context } from '../run-fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'sx-skills-'));
after(() => rmSync(root, { recursive: true }));
function put(path: string, text: string | Uint8Array): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const skill = (description: string, body = 'Do it.', more = ''): string => `---\nname: ignored\ndescription: ${description}\n${more}---\n${body}\n`;
const all = { trusts: () => true };
const runContext: ToolRunContext = { ...context, signal: new AbortController().signal, callId: 'c', onProgress: () => undefined };

const TEXTS: readonly (readonly [rule: string, text: string, description: string, body: string])[] = [
  ['a plain description', skill('reviews code'), 'reviews code', 'Do it.'],
  ['quotes', skill('"says \\"hi\\": always"'), 'says "hi": always', 'Do it.'],
  ['single quotes', skill("'it''s'"), "it's", 'Do it.'],
  ['a block', '---\ndescription: >-\n  two\n  lines\nlicense: MIT\n---\nbody', 'two lines', 'body'],
  ['lines below the key', '---\ndescription:\n  below\nmetadata:\n  description: nested\n---\nb', 'below', 'b'],
  ['CRLF and a byte order mark', '\ufeff---\r\ndescription: x\r\n---\r\nbody\r\n', 'x', 'body'],
  ['a comment behind the value', skill('x # not this'), 'x', 'Do it.'],
  ['a rule line in the body', '---\ndescription: x\n---\na\n---\nb', 'x', 'a\n---\nb'],
];
for (const [rule, text, description, body] of TEXTS) test(`reads ${rule}`, () => assert.deepEqual(parseSkill(text), { description, argumentHint: undefined, body }));

test('refuses a file without front matter, end of it, or description', () => {
  for (const text of ['', 'hello', '---\ndescription: x', '---\nname: x\n---\n', '---\ndescription: ""\n---\n', '---\ndescription:\n---\nb']) assert.ok('fault' in parseSkill(text), JSON.stringify(text));
});

test('arguments go where they are named, else behind', () => {
  assert.equal(withArguments('fix $ARGUMENTS now, $ARGUMENTS', '$& a'), 'fix $& a now, $& a');
  assert.equal(withArguments('fix', 'a'), 'fix\n\nArguments: a');
  assert.equal(withArguments('fix', ''), 'fix');
});

test('the first directory wins; what cannot be used is left out with a reason, what is no skill in silence', () => {
  put('one/review/SKILL.md', skill('first'));
  put('two/review/SKILL.md', skill('second'));
  put('two/release/SKILL.md', skill('ships', 'Ship $ARGUMENTS', 'argument-hint: "[version]"\n'));
  put('two/empty/README.md', '');
  put('two/large/SKILL.md', skill('x', 'y'.repeat(agentLimits.skillFileBytesMax)));
  put('two/binary/SKILL.md', Uint8Array.of(0x2d, 0xff));
  put('two/.hidden/SKILL.md', skill('x'));
  put('two/bad name/SKILL.md', skill('x'));
  put('two/nothing/SKILL.md', 'no front matter');
  put('elsewhere/SKILL.md', skill('escapes'));
  symlinkSync(join(root, 'elsewhere'), join(root, 'two/escape'));
  mkdirSync(join(root, 'two/linked'));
  symlinkSync(join(root, 'elsewhere/SKILL.md'), join(root, 'two/linked/SKILL.md'));
  mkdirSync(join(root, 'two/directory/SKILL.md'), { recursive: true });
  const { skills, notices } = readSkills({ directories: [join(root, 'one'), join(root, 'none'), join(root, 'two')], ...all });
  assert.deepEqual(skills.map(({ name, description, argumentHint }) => [name, description, argumentHint]), [['review', 'first', undefined], ['release', 'ships', '[version]']]);
  assert.deepEqual(notices.map((text) => /two\/(\S+) is left out: (.{10})/.exec(text)?.slice(1).join(' ')).sort(), ['binary it is no U', 'directory it is no r', 'escape its file i', 'large it has mor', 'linked its file i', 'nothing it has no ']);
});

test('what nobody vouches for is not offered, and a change is noticed when it is loaded', async () => {
  const file = put('trust/a/SKILL.md', skill('good'));
  put('trust/b/SKILL.md', skill('bad'));
  const trusts = (_: string, bytes: Uint8Array): boolean => Buffer.from(bytes).toString().includes('good');
  const { skills, notices } = readSkills({ directories: [join(root, 'trust')], trusts });
  assert.deepEqual(skills.map(({ name }) => name), ['a']);
  assert.match(notices.join(), /trust\/b is left out: it is not trusted \(sx config trust .*b\/SKILL\.md\)/);
  const tool = createSkillTool(skills);
  assert.match(JSON.stringify(await tool.run({ name: 'a' }, runContext)), /Skill a, its files are in .*trust\/a\\n\\nDo it\./);
  writeFileSync(file, skill('evil'));
  const changed = await tool.run({ name: 'a' }, runContext);
  assert.equal(changed.isError, true);
  assert.match(JSON.stringify(changed.content), /not trusted/);
  rmSync(file);
  assert.match(JSON.stringify(await tool.run({ name: 'a' }, runContext)), /its file is gone/);
});

test('the tool knows its skills, and asks for nothing', () => {
  put('tool/a/SKILL.md', skill('x'));
  const tool = createSkillTool(readSkills({ directories: [join(root, 'tool')], ...all }).skills);
  const plain: ToolContext = context;
  assert.deepEqual(tool.accesses({ name: 'a' }, plain), { kind: 'accesses', list: [], title: 'skill a' });
  for (const name of ['b', '../a', 7, undefined]) assert.deepEqual(tool.accesses({ name }, plain), { kind: 'invalid', message: `There is no skill ${JSON.stringify(name ?? null)}. Skills: a.` });
});

test('the index is capped, and nothing in it is invisible or breaks its line', () => {
  for (let index = 0; index < 40; index += 1) put(`many/s${index}/SKILL.md`, skill(`"${'d'.repeat(400)}\u200b"`));
  const text = skillIndex(readSkills({ directories: [join(root, 'many')], ...all }).skills);
  assert.ok(Buffer.byteLength(text) < agentLimits.skillIndexBytesMax + 300, String(text.length));
  assert.match(text, /^Skills, .*\n- s0: d{249}…\n/);
  assert.match(text, /- … and \d+ more, which the skill tool knows by name$/);
  assert.equal(skillIndex([]), '');
});
