import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProviderError } from '@sx/llm';

import { errorReport } from '../src/report-error.ts';

const report = (error: unknown): string => errorReport(error, { debug: false, redact: (text) => text });

test('a login that was refused without a word says how to sign in again, where that is ours to do', () => {
  assert.equal(
    report(new ProviderError('PROVIDER_AUTHENTICATION', 'Unauthorized', { provider: 'codex' })),
    'sx: Unauthorized [PROVIDER_AUTHENTICATION]\n    sx login codex, or /login on the screen, signs in again\n',
  );
  assert.equal(report(new ProviderError('PROVIDER_AUTHENTICATION', 'no', { provider: 'claude_code' })), 'sx: no [PROVIDER_AUTHENTICATION]\n');
});

test('what the error itself says to do comes first', () => {
  const error = new ProviderError('PROVIDER_AUTHENTICATION', 'no', { provider: 'codex', hint: 'do this' });
  assert.equal(report(error), 'sx: no [PROVIDER_AUTHENTICATION]\n    do this\n');
});
