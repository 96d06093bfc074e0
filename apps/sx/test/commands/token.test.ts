import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tokenLine } from '../../src/commands/token.ts';

const TOKEN = { accessToken: 'secret', origin: 'a file', expiresAtMs: 1_790_000_000_999, accountId: 'acc' };

test('a token is one JSON line, its end in whole seconds', () => {
  assert.equal(tokenLine(TOKEN, { masked: false }), '{"access_token":"secret","expires_at":1790000000,"account_id":"acc"}\n');
  assert.equal(tokenLine({ accessToken: 'secret', origin: 'a file' }, { masked: false }), '{"access_token":"secret"}\n');
});

test('for people the token is stars, whatever its length', () => {
  assert.equal(tokenLine(TOKEN, { masked: true }), '{"access_token":"********","expires_at":1790000000,"account_id":"acc"}\n');
});
