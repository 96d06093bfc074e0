import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Check, exitCodeOfChecks } from '../../src/doctor/check.ts';
import { checkClock, checkResponse } from '../../src/doctor/http-check.ts';

const about = { request: 'GET https://api.test/v1/models', url: 'https://api.test/v1/models', urlKey: 'OPENAI_BASE_URL', elapsedMs: 1 };
const head = (status: number, type: string, more: readonly (readonly [string, string])[] = []) => ({ status, reason: '', fields: [['Content-Type', type], ...more] as const });

const ANSWERS: readonly (readonly [status: number, type: string, state: Check['state'], code: string | undefined])[] = [
  [200, 'application/json', 'ok', undefined],
  [200, 'text/plain', 'ok', undefined],
  [401, 'application/json; charset=utf-8', 'ok', undefined],
  [404, 'text/html', 'ok', undefined],
  [405, 'application/json', 'ok', undefined],
  [500, 'application/json', 'ok', undefined],
  [403, 'text/html; charset=utf-8', 'note', undefined],
  [500, 'TEXT/HTML', 'note', undefined],
  [200, 'text/html', 'failed', 'PROVIDER_NOT_API'],
  [204, 'text/html', 'failed', 'PROVIDER_NOT_API'],
  [301, 'text/html', 'failed', 'PROVIDER_REDIRECT'],
  [304, 'application/json', 'ok', undefined],
  [407, 'text/html', 'failed', 'PROVIDER_NOT_API'],
  [511, 'text/html', 'failed', 'PROVIDER_NOT_API'],
  [502, 'text/html', 'failed', 'PROVIDER_SERVER'],
  [504, 'application/json', 'failed', 'PROVIDER_SERVER'],
];
test('any answer of an API will do; what a network puts in its place will not', () => {
  for (const [status, type, state, code] of ANSWERS) {
    const check = checkResponse(head(status, type), about);
    assert.deepEqual([check.state, check.code], [state, code], `${status} ${type}`);
    assert.equal(check.exitCode, state === 'failed' ? 61 : undefined);
  }
});

test('a redirect names the host that it leads to, and nothing else of it', () => {
  for (const [location, says] of [['http://login.test/?token=x', 'login.test'], ['/elsewhere', 'api.test'], ['http://[', 'nowhere']] as const) {
    const { detail } = checkResponse(head(302, 'text/html', [['Location', location]]), about);
    assert.match(detail, new RegExp(`redirects to ${says.replaceAll('.', '\\.')} \\(302\\)`));
    assert.doesNotMatch(detail, /token/);
  }
});

test('the clock is compared with the Date of the server, both ways', () => {
  const serverMs = Date.UTC(2026, 10, 23, 12, 0, 0);
  const dated = head(200, 'application/json', [['Date', new Date(serverMs).toUTCString()]]);
  const rows: readonly (readonly [offMs: number, state: Check['state'], says: RegExp])[] = [
    [500, 'ok', /^0 s apart/],
    [-30_000, 'ok', /^31 s apart/],
    [61_000, 'note', /clock is 61 s ahead of the server's/],
    [-7_200_500, 'note', /clock is 2 h behind the server's/],
  ];
  for (const [offMs, state, says] of rows) {
    const check = checkClock(dated, serverMs + offMs - 10, serverMs + offMs + 10);
    assert.equal(check?.state, state);
    assert.match(check?.detail ?? '', says);
  }
  assert.equal(checkClock(head(200, 'application/json'), 0, 0), undefined);
  assert.equal(checkClock(head(200, 'application/json', [['Date', 'yesterday']]), 0, 0), undefined);
});

test('the exit code is that of the fault nearest to the root', () => {
  const failed = (exitCode: NonNullable<Check['exitCode']>): Check => ({ name: 'x', state: 'failed', detail: '', exitCode });
  assert.equal(exitCodeOfChecks([]), 0);
  assert.equal(exitCodeOfChecks([{ name: 'x', state: 'note', detail: '' }]), 0);
  assert.equal(exitCodeOfChecks([failed(41), failed(61)]), 61);
  assert.equal(exitCodeOfChecks([failed(61), failed(44), failed(41)]), 44);
  assert.equal(exitCodeOfChecks([failed(61), failed(52)]), 52);
  assert.equal(exitCodeOfChecks([failed(130), failed(52)]), 130);
  assert.equal(exitCodeOfChecks([failed(1)]), 1);
});
