/** The longer form of `test/program/refresh-race.test.ts`: many rounds, and kills at any moment. Minutes, so not part of `npm test`. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';

import { simulate, type Simulated } from '../test/program/simulated.ts';

const PROVIDERS = [
  { provider: 'codex', file: 'home/.codex/auth.json' },
  { provider: 'claude_code', file: 'home/.claude/.credentials.json' },
] as const;

function putLogin({ simulator, put }: Simulated, { provider, file }: (typeof PROVIDERS)[number]): string {
  const { codexAuthFile, claudeCredentialsFile } = simulator.credentials({ expiresInSeconds: -60 });
  simulator.clearJournal();
  return put(file, JSON.stringify(provider === 'codex' ? codexAuthFile : claudeCredentialsFile));
}

const tokenIn = (stdout: string): unknown => JSON.parse(stdout).access_token;

for (const row of PROVIDERS) {
  test(`${row.provider}: ten rounds of twenty processes, one refresh each`, { timeout: 180_000 }, async () => {
    using simulated = await simulate();
    const { counters } = simulated.simulator;
    for (let round = 0; round < 10; round += 1) {
      putLogin(simulated, row);
      const finished = await Promise.all(Array.from({ length: 20 }, () => simulated.sx(['token', row.provider])));
      for (const { code, stderr } of finished) assert.equal(code, 0, stderr);
      assert.equal(new Set(finished.map(({ stdout }) => tokenIn(stdout))).size, 1);
      assert.deepEqual([counters.tokenRefreshes, counters.tokenRefreshesRefused], [1, 0]);
    }
  });
}

test('one login lives through twenty generations of tokens that end at once', { timeout: 180_000 }, async () => {
  using simulated = await simulate({ accessTokenSeconds: 0 });
  putLogin(simulated, PROVIDERS[0]);
  for (let round = 0; round < 20; round += 1) {
    const finished = await Promise.all(Array.from({ length: 6 }, () => simulated.sx(['token', 'codex'])));
    for (const { code, stderr } of finished) assert.equal(code, 0, stderr);
  }
  const { tokenRefreshes, tokenRefreshesRefused } = simulated.simulator.counters;
  assert.ok(tokenRefreshes >= 20);
  assert.equal(tokenRefreshesRefused, 0);
});

test('killed at any moment: the file is whole, and only a kill between request and rename costs the login', { timeout: 300_000 }, async () => {
  using simulated = await simulate();
  const { counters } = simulated.simulator;
  const env = { CODEX_OAUTH_URL: simulated.simulator.urlsFor('slow,delayMs=30').oauth };
  const ends = { unharmed: 0, lost: 0 };
  for (let afterMs = 20; afterMs < 200; afterMs += 2) {
    const file = putLogin(simulated, PROVIDERS[0]);
    const before = readFileSync(file, 'utf8');
    await simulated.sx(['token', 'codex'], { env, onStart: (child) => void delay(afterMs).then(() => child.kill('SIGKILL')) });
    const after = readFileSync(file, 'utf8');
    JSON.parse(after);
    const next = await simulated.sx(['token', 'codex']);
    if (next.code === 0) {
      assert.deepEqual([counters.tokenRefreshes, counters.tokenRefreshesRefused], [1, 0]);
      ends.unharmed += 1;
    } else {
      // The request was on its way, so the issuer has taken the token, if only after the kill.
      assert.match(next.stderr, /sign in again.*\[NET_TOKEN_SIGNED_OUT\]/);
      assert.deepEqual([next.code, counters.tokenRefreshes, counters.tokenRefreshesRefused], [41, 1, 1]);
      assert.deepEqual([after, readFileSync(file, 'utf8')], [before, before]);
      ends.lost += 1;
    }
  }
  assert.ok(ends.unharmed > 0, JSON.stringify(ends));
});

test('a lock that was cut while it was written is taken over once it showed no life for ten seconds', { timeout: 60_000 }, async () => {
  using simulated = await simulate();
  const file = putLogin(simulated, PROVIDERS[0]);
  writeFileSync(join(dirname(file), '.auth.json.sx-lock'), '{"pid":');
  const { code, stderr } = await simulated.sx(['token', 'codex']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(dirname(file)), ['auth.json']);
});
