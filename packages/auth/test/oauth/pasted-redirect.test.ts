import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isProviderError } from '@sx/llm';

import { readPastedRedirect } from '../../src/index.ts';

for (const [name, pasted] of [
  ['the redirected URL', 'http://localhost:1455/auth/callback?code=the-code&scope=x&state=the-state'],
  ['with the suffix of the issuer', ' http://localhost:1455/auth/callback?code=the-code&state=the-state.onboarding_entrypoint=cli \n'],
  ['code#state', 'the-code#the-state'],
  ['a query string', '?code=the-code&state=the-state'],
  ['a query string without its mark', 'state=the-state&code=the-code'],
  ['a path', '/auth/callback?code=the-code&state=the-state'],
  ['the bare code', 'the-code'],
] as const) {
  test(`reads ${name}`, () => assert.equal(readPastedRedirect(pasted, 'the-state'), 'the-code'));
}

for (const [name, pasted, message] of [
  ['nothing', ' ', /no authorization code/],
  ['another state', 'http://localhost:1455/auth/callback?code=the-code&state=other', /another login/],
  ['another state behind #', 'the-code#other', /another login/],
  ['a URL without a code', 'http://localhost:1455/auth/callback?state=the-state', /no authorization code/],
  ['another page', 'https://chatgpt.com/', /no authorization code/],
  ['a broken URL', 'http://[', /no authorization code/],
  ['the refusal of the issuer', 'http://localhost:1455/auth/callback?error=access_denied&error_description=User%20declined%1b[31m&state=the-state', /User declined\?\[31m/],
  ['words', 'I do not know', /no authorization code/],
  ['a novel', 'x'.repeat(20_000), /longer than 16384/],
] as const) {
  test(`refuses ${name}`, () => {
    assert.throws(() => readPastedRedirect(pasted, 'the-state'), (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION' && message.test(error.message));
  });
}
