import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createPermissions, createProtectedPaths, type PermissionQuestion } from '@sx/agent';

import { createApprovals } from '../../../src/modes/interactive/approvals.ts';
import type { ScreenInput } from '../../../src/modes/interactive/controller.ts';
import type { Desk } from '../../../src/modes/interactive/desk.ts';
import { createTranscript } from '../../../src/modes/interactive/transcript.ts';
import { createTheme } from '@sx/tui';

function question(path: string): PermissionQuestion {
  return {
    call: { type: 'tool-call', id: path, name: 'write', input: {}, inputText: '{}' },
    title: `write ${path}`,
    reason: 'it needs approval',
    accesses: [{ action: 'edit', path }],
    suggestedRule: `edit(${path})`,
  };
}

test('a question that the mode settles while its rule is stored leaves the next one open', async () => {
  const places = { home: '/home/u', stateDirectory: undefined, credentialFiles: [], workingDirectory: '/work' };
  const permissions = createPermissions({
    mode: 'default', rules: [], workingDirectory: '/work', protectedPaths: createProtectedPaths(places),
  });
  const heard: ScreenInput['type'][] = [];
  const print = (): void => undefined;
  const approvals = createApprovals({
    // Only what questions use of it.
    desk: { session: { permissions }, settings: { home: {}, projectRoot: '/work', workingDirectory: '/work' } } as unknown as Desk,
    transcript: createTranscript({
      print, size: () => ({ columns: 80, rows: 24 }), theme: () => createTheme('dark'), hyperlinks: false, announces: () => false,
      unfoldBy: 'ctrl+o',
    }),
    dispatch: ({ type }) => void heard.push(type),
    bell: () => undefined,
    report: (error) => assert.fail(String(error)),
    mayBypass: false,
  });
  const { signal } = new AbortController();
  const asked = async (path: string): Promise<{ readonly answer: ReturnType<typeof approvals.ask> }> => {
    const before = heard.length;
    const answer = approvals.ask(question(path), { signal });
    while (heard.length === before) await new Promise(setImmediate);
    return { answer };
  };

  const first = await asked('/work/a.txt');
  const stored = approvals.answer({ kind: 'session' });
  approvals.setMode('accept-edits');
  assert.deepEqual(await first.answer, { behavior: 'allow' });
  const second = await asked('/etc/hosts');
  await stored;
  assert.deepEqual(heard, ['ask', 'asked', 'ask']);
  await approvals.answer({ kind: 'no', why: '' });
  assert.deepEqual(await second.answer, { behavior: 'deny', reason: 'the user declined.' });
  assert.deepEqual(heard, ['ask', 'asked', 'ask', 'asked']);
});
