import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { isAgentError } from '../../src/agent-error.ts';
import { parseRule, parseRules } from '../../src/permissions/permission-rule.ts';
import { createPermissions, type PermissionMode } from '../../src/permissions/permissions.ts';
import { createProtectedPaths } from '../../src/permissions/protected-paths.ts';
import { addRuleLine, formatSection, isSectionOf, sectionFault } from '../../src/permissions/rule-sections.ts';

const sectioned = (text: string): (string | undefined)[] => parseRules(text, 'rules', { sections: true }).map(({ project }) => project);

const PATHS: readonly (readonly [path: string, line: string])[] = [
  ['/work/otter', '[/work/otter]'],
  ['/work/my otter', '[/work/my otter]'],
  ['/work/Ötter/猫', '[/work/Ötter/猫]'],
  ['/', '[/]'],
  ['/work/#1', '[/work/#1]'],
  ['/work/a [1]', '["/work/a [1]"]'],
  ['/work/a]', '["/work/a]"]'],
  ['/work/"a"', '["/work/\\"a\\""]'],
  ['/work/a\nb', '["/work/a\\nb"]'],
  ['/work/a\u2028b\u0085', '["/work/a\\u2028b\\u0085"]'],
  ['/work/a ', '["/work/a "]'],
  ['/work/\u001b[31m', '["/work/\\u001b[31m"]'],
];
for (const [path, line] of PATHS) {
  test(`the section of ${JSON.stringify(path)} is the line ${line}, and reads back`, () => {
    assert.equal(formatSection(path), line);
    assert.deepEqual(sectioned(`${line}\nallow shell(x)\n`), [path]);
  });
}

const BAD: readonly (readonly [line: string, why: RegExp])[] = [
  ['[]', /absolute/],
  ['[work]', /absolute/],
  ['[./work]', /absolute/],
  ['[**]', /absolute/],
  ['[/work', /nothing behind/],
  ['[/work] # mine', /nothing behind/],
  ['[/work] allow shell', /nothing behind/],
  ['[', /nothing behind/],
  ['[/work [1]]', /JSON string/],
  ['[ /work]', /JSON string/],
  ['["/work]', /JSON string/],
  ['["/work" ]x', /nothing behind/],
  ['[["/work"]]', /JSON string/],
  ['["work"]', /absolute/],
  ['[/work/\ufffd]', /not UTF-8/],
  ['["/work/\\ud800"]', /not UTF-8/],
  ['["/work/\\u0000"]', /NUL/],
];
for (const [line, why] of BAD) {
  test(`the section line ${JSON.stringify(line)} is an error with its number`, () => {
    assert.throws(
      () => parseRules(`# first\nallow shell(x)\n${line}\n`, '/h/permissions.txt', { sections: true }),
      (error) => isAgentError(error) && error.code === 'AGENT_BAD_RULE' && error.message.startsWith('/h/permissions.txt:3: ') && why.test(error.message),
    );
  });
}

test('a line under a section that cannot be read is an error, whichever project it is about', () => {
  assert.throws(() => parseRules('[/elsewhere]\nallow\n', 'file', { sections: true }), /file:2: expected/);
});

test('the beginning of a file and [*] hold everywhere; a file of the older form reads as it did', () => {
  assert.deepEqual(sectioned('\ufeffallow a\n[/p]\r\n deny b\n\n# c\n[*]\nask d\n  [~/q]  \nallow e'), [undefined, '/p', undefined, '~/q']);
  assert.deepEqual(parseRules('# x\nallow shell(npm test)\ndeny edit\n', 'f', { sections: true }), parseRules('# x\nallow shell(npm test)\ndeny edit\n', 'f'));
});

test('a project\'s own file has no sections', () => {
  assert.throws(() => parseRules('[/p]\nallow shell\n', 'file'), /file:1: only the rules file of the user has sections/);
});

test('a path that is no UTF-8 can have no section', () => {
  assert.match(sectionFault('/work/\ufffd') ?? '', /UTF-8/);
  assert.equal(sectionFault('/work/ö'), undefined);
});

test('a section is about a folder, whichever way leads to it', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-sections-')));
  try {
    mkdirSync(`${root}/home/otter/src`, { recursive: true });
    symlinkSync(`${root}/home`, `${root}/alias`);
    for (const path of [`${root}/home/otter`, `${root}/home/otter/`, `${root}/alias/otter`, `${root}/home/x/../otter`, '~/otter']) {
      assert.equal(isSectionOf(path, `${root}/home/otter`, `${root}/home`), true, path);
    }
    for (const path of [`${root}/home/otter/src`, `${root}/home`, `${root}/home/otter2`]) {
      assert.equal(isSectionOf(path, `${root}/home/otter`, `${root}/home`), false, path);
    }
    assert.equal(isSectionOf('~/otter', '/otter', undefined), false);
  } finally {
    rmSync(root, { recursive: true });
  }
});

function decide(rules: string, command: string, projectRoot: string, mode: PermissionMode = 'default'): string {
  const workingDirectory = `${projectRoot}/src`;
  return createPermissions({
    mode, rules: parseRules(rules, 'rules', { sections: true }), workingDirectory, projectRoot,
    protectedPaths: createProtectedPaths({ home: undefined, stateDirectory: undefined, workingDirectory }),
  }).decide('shell', [{ action: 'shell', command, cwd: workingDirectory }]).behavior;
}

const VERDICTS: readonly (readonly [rules: string, here: string, there: string])[] = [
  ['[/here]\nallow shell(make)\n', 'allow', 'ask'],
  ['[/here]\ndeny shell(make)\n[*]\nallow shell(make)\n', 'deny', 'allow'],
  ['deny shell(make)\n[/here]\nallow shell(make)\n', 'deny', 'deny'],
  ['ask shell(make)\n[/here]\nallow shell(make)\n', 'ask', 'ask'],
  ['allow shell(make)\n[/here]\nask shell(make)\n', 'ask', 'allow'],
  ['[/here/src]\nallow shell(make)\n', 'ask', 'ask'],
  ['[/]\nallow shell(make)\n', 'ask', 'ask'],
];
for (const [rules, here, there] of VERDICTS) {
  test(`${JSON.stringify(rules)} is ${here} in the project and ${there} in another`, () => {
    assert.equal(decide(rules, 'make', '/here'), here);
    assert.equal(decide(rules, 'make', '/there'), there);
  });
}

test('what a section forbids or wants approved holds in projects below too, what it allows does not', () => {
  const below = (rules: string, root: string): string => decide(`${rules}\n[*]\nallow shell\n`, 'make', root);
  assert.equal(below('[/here]\ndeny shell(make)', '/here/tree'), 'deny');
  assert.equal(below('[/here]\nask shell(make)', '/here/tree/deep'), 'ask');
  assert.equal(below('[/here]\ndeny shell(make)', '/hereafter'), 'allow');
  assert.equal(below('[/here/tree]\ndeny shell(make)', '/here'), 'allow');
  assert.equal(decide('[/here]\nallow shell(make)\n', 'make', '/here/tree'), 'ask');
});

test('modes stand over a section as over every rule', () => {
  const rules = '[/here]\nallow shell(make)\ndeny shell(rm:*)\n';
  assert.equal(decide(rules, 'make', '/here', 'accept-edits'), 'allow');
  assert.equal(decide(rules, 'make', '/here', 'plan'), 'deny');
  assert.equal(decide(rules, 'rm x', '/here', 'bypass'), 'deny');
  assert.equal(decide(rules, 'rm x', '/there', 'bypass'), 'allow');
});

test('a rule that is added later counts only in its project', () => {
  const permissions = createPermissions({
    mode: 'default', rules: [], workingDirectory: '/here', protectedPaths: createProtectedPaths({ home: undefined, stateDirectory: undefined, workingDirectory: '/here' }),
  });
  const asks = (): string => permissions.decide('shell', [{ action: 'shell', command: 'make', cwd: '/here' }]).behavior;
  permissions.add({ ...parseRule('allow', 'shell(make)', 'x'), project: '/there' });
  assert.equal(asks(), 'ask');
  permissions.add({ ...parseRule('allow', 'shell(make)', 'x'), project: '/here' });
  assert.equal(asks(), 'allow');
});

test('the rule that is suggested for a file means this file alone', () => {
  const permissions = createPermissions({
    mode: 'default', rules: [], workingDirectory: '/here', protectedPaths: createProtectedPaths({ home: undefined, stateDirectory: undefined, workingDirectory: '/here' }),
  });
  for (const name of ['*', 'a[1].ts', '{a,b}', 'a?', 'a\\b', 'a (1)']) {
    const edit = (path: string): ReturnType<typeof permissions.decide> => permissions.decide('edit', [{ action: 'edit', path }]);
    const asked = edit(`/here/${name}`);
    assert.ok(asked.behavior === 'ask' && asked.suggestedRule !== undefined);
    permissions.add(parseRule('allow', asked.suggestedRule, 'x'));
    assert.equal(edit(`/here/${name}`).behavior, 'allow', name);
    assert.equal(edit('/here/other').behavior, 'ask', name);
  }
});

const ADDED: readonly (readonly [rule: string, before: string, after: string])[] = [
  ['makes the section where there is none', '', '[/p]\nallow new\n'],
  ['leaves a file of the older form as it is above', '# mine\nallow a\ndeny b', '# mine\nallow a\ndeny b\n\n[/p]\nallow new\n'],
  ['keeps line ends of two characters', 'allow a\r\n', 'allow a\r\n\r\n[/p]\r\nallow new\r\n'],
  ['goes to the end of its section', '[/p]\nallow a\n', '[/p]\nallow a\nallow new\n'],
  ['goes in front of the next section and the comment above that', '[/p]\nallow a\n# why a\n\n# about q\n# more\n[/q]\nallow b\n', '[/p]\nallow a\n# why a\nallow new\n\n# about q\n# more\n[/q]\nallow b\n'],
  ['keeps a last comment where no section follows', '[/p]\nallow a\n# tail', '[/p]\nallow a\n# tail\nallow new\n'],
  ['fills an empty section', '[/q]\n[/p]\n[*]\nallow b\n', '[/q]\n[/p]\nallow new\n[*]\nallow b\n'],
  ['takes the last of two sections', '[/p]\nallow a\n[/q]\n[/p]\nallow b\n', '[/p]\nallow a\n[/q]\n[/p]\nallow b\nallow new\n'],
  ['is not written twice', '[/p]\n  allow new\n[/q]\n[/p]\n', '[/p]\n  allow new\n[/q]\n[/p]\n'],
  ['is written though it stands in another section', 'allow new\n[/q]\nallow new\n', 'allow new\n[/q]\nallow new\n\n[/p]\nallow new\n'],
  ['knows a section behind a byte order mark', '\ufeff[/p]\n', '\ufeff[/p]\nallow new\n'],
];
for (const [rule, before, after] of ADDED) {
  test(`a rule that is added ${rule}`, () => {
    const added = addRuleLine(before, 'allow new', (path) => path === '/p', '[/p]');
    assert.equal(added, after);
    assert.equal(addRuleLine(added, 'allow new', (path) => path === '/p', '[/p]'), after);
    const rules = parseRules(after, 'f', { sections: true });
    assert.ok(rules.some(({ text, project }) => text === 'new' && project === '/p'));
  });
}
