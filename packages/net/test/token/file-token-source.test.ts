import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { isNetError, NetError, type NetErrorCode } from '../../src/net-error.ts';
import type { RefreshedCredential } from '../../src/token/credential-update.ts';
import { readCredential } from '../../src/token/credential.ts';
import { createFileTokenSource, type FileTokenSourceOptions, type RefreshCredential } from '../../src/token/file-token-source.ts';
import { accountClaims, codexText, HOUR_MS, jwt, type LoginOptions, MINUTE_MS, temporaryFolder, writeLogin } from './fixture.ts';

const hasCode = (code: NetErrorCode, message = /./) => (error: unknown) => {
  assert.ok(isNetError(error), String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

interface Issue {
  readonly refresh: RefreshCredential;
  /** Refresh tokens presented. */
  readonly presented: string[];
}

function issuing(answer: (count: number) => RefreshedCredential | Promise<RefreshedCredential>): Issue {
  const presented: string[] = [];
  return {
    presented,
    refresh: async (credential) => {
      presented.push(credential.refreshToken);
      return answer(presented.length);
    },
  };
}

const fresh = (count: number, expiresInMs = HOUR_MS, extra: object = {}): RefreshedCredential => ({
  accessToken: jwt({ exp: Math.floor((Date.now() + expiresInMs) / 1000), jti: `fresh-${count}`, ...accountClaims('account-1'), ...extra }),
  refreshToken: `refresh-${count}`,
});

function setUp(t: TestContext, login: LoginOptions, issue: Issue | undefined, options: Partial<FileTokenSourceOptions> = {}) {
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, login);
  const source = createFileTokenSource({ files: [file], provider: 'codex', refresh: issue?.refresh, timings: { tornReadRetryMs: 1 }, ...options });
  return { folder, file, source, stored: () => readCredential(readFileSync(file, 'utf8'), file, Date.now()) };
}

test('gives what the file holds, without touching it', async (t) => {
  const issue = issuing(fresh);
  const { file, source, stored } = setUp(t, {}, issue);
  const before = readFileSync(file, 'utf8');
  const token = await source.get();
  assert.deepEqual(token, { accessToken: stored().accessToken, accountId: 'account-1', expiresAtMs: stored().expiresAtMs, origin: file, fedramp: false });
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.deepEqual(issue.presented, []);
});

test('takes the first candidate that exists and names all where none does', async (t) => {
  const folder = temporaryFolder(t);
  const second = writeLogin(folder, {}, 'second.json');
  const files = [join(folder, 'first.json'), second];
  assert.equal((await createFileTokenSource({ files, provider: 'codex' }).get()).origin, second);
  writeFileSync(join(folder, 'first.json'), '', { mode: 0o600 });
  await assert.rejects(createFileTokenSource({ files, provider: 'codex', timings: { tornReadRetryMs: 1 } }).get(), hasCode('NET_TOKEN_MALFORMED', /first\.json: empty/));
  unlinkSync(second);
  unlinkSync(join(folder, 'first.json'));
  await assert.rejects(createFileTokenSource({ files, provider: 'codex' }).get(), hasCode('NET_TOKEN_MISSING', /no codex login found: .*first\.json, .*second\.json/));
});

for (const [name, login, due] of [
  ['six minutes before expiry: not yet', { expiresInMs: 6 * MINUTE_MS }, false],
  ['four minutes before expiry', { expiresInMs: 4 * MINUTE_MS }, true],
  ['after expiry', { expiresInMs: -HOUR_MS }, true],
] as const) {
  test(`renews ${name}`, async (t) => {
    const issue = issuing(fresh);
    const { file, source, stored } = setUp(t, login, issue);
    const token = await source.get();
    assert.equal(issue.presented.length, due ? 1 : 0);
    assert.equal(stored().accessToken, token.accessToken);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await source.get();
    assert.equal(issue.presented.length, due ? 1 : 0, 'once');
  });
}

for (const [name, daysAgo, due] of [['seven days', 7, false], ['nine days', 9, true]] as const) {
  test(`a token of unreadable expiry, refreshed ${name} ago, is ${due ? '' : 'not '}renewed`, async (t) => {
    const issue = issuing(fresh);
    const { file, source } = setUp(t, {}, issue);
    const last_refresh = new Date(Date.now() - daysAgo * 24 * HOUR_MS).toISOString();
    writeFileSync(file, JSON.stringify({ tokens: { access_token: 'opaque', refresh_token: 'refresh-0' }, last_refresh }));
    await source.get();
    assert.equal(issue.presented.length, due ? 1 : 0);
  });
}

test('stores before it gives, and keeps what it does not know', async (t) => {
  const { file, source, stored } = setUp(t, { expiresInMs: 0 }, issuing(fresh));
  const { accessToken } = await source.get();
  assert.equal(stored().refreshToken, 'refresh-1');
  assert.equal(stored().accessToken, accessToken);
  assert.match(readFileSync(file, 'utf8'), /"OPENAI_API_KEY": null,\n[^]*"other": \[\n/);
  assert.deepEqual(readdirSync(join(file, '..')), ['auth.json']);
});

test('a symbolic link stays one: its target is replaced', async (t) => {
  const { folder, file } = setUp(t, { expiresInMs: 0 }, undefined);
  const target = join(folder, 'target.json');
  renameSync(file, target);
  symlinkSync('target.json', file);
  const source = createFileTokenSource({ files: [file], provider: 'codex', refresh: issuing(fresh).refresh });
  const { accessToken, origin } = await source.get();
  assert.equal(origin, file);
  assert.equal(readCredential(readFileSync(target, 'utf8'), target, 0).accessToken, accessToken);
  assert.deepEqual(readdirSync(folder).sort(), ['auth.json', 'target.json']);
  assert.ok(statSync(file).isFile());
});

test('twenty callers share one renewal', async (t) => {
  const issue = issuing(fresh);
  const { source } = setUp(t, { expiresInMs: 0 }, issue);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => source.get()));
  assert.equal(new Set(tokens.map((token) => token.accessToken)).size, 1);
  assert.equal(issue.presented.length, 1);
});

test('two sources of one file in one process refresh once', async (t) => {
  const issue = issuing(fresh);
  const { file, source } = setUp(t, { expiresInMs: 0 }, issue);
  const other = createFileTokenSource({ files: [file], provider: 'codex', refresh: issue.refresh });
  const [a, b] = await Promise.all([source.get(), other.get()]);
  assert.equal(a.accessToken, b.accessToken);
  assert.equal(issue.presented.length, 1);
});

test('what another process got while we waited is taken, even where our clock calls it expired', async (t) => {
  let loaded = (): void => undefined;
  const otherHasLoaded = new Promise<void>((resolve) => (loaded = resolve));
  const issue = issuing(async (count) => {
    await otherHasLoaded;
    return fresh(count, HOUR_MS);
  });
  const ahead = () => Date.now() + 5 * HOUR_MS;
  const { file, source } = setUp(t, {}, issue, { now: ahead });
  const other = createFileTokenSource({ files: [file], provider: 'codex', refresh: issue.refresh, now: ahead, redactor: { addSecret: () => loaded() } });
  const [a, b] = await Promise.all([source.get(), other.get()]);
  assert.equal(a.accessToken, b.accessToken);
  assert.deepEqual(issue.presented, ['refresh-0']);
});

test('after a 401: first what is in the file now, then a refresh, once', async (t) => {
  const issue = issuing(fresh);
  const { file, source } = setUp(t, {}, issue);
  const first = (await source.get()).accessToken;
  writeFileSync(file, codexText({ refreshToken: 'refresh-0' }));
  const reread = (await source.get({ rejected: first })).accessToken;
  assert.notEqual(reread, first);
  assert.deepEqual(issue.presented, []);
  const renewed = (await source.get({ rejected: reread })).accessToken;
  assert.notEqual(renewed, reread);
  assert.deepEqual(issue.presented, ['refresh-0']);
  // A late 401 of a parallel request with the old token: the new one is there already.
  assert.equal((await source.get({ rejected: reread })).accessToken, renewed);
  assert.deepEqual(issue.presented, ['refresh-0']);
});

test('a file that another account signed in to is an error, not a token', async (t) => {
  const { file, source } = setUp(t, {}, issuing(fresh));
  const { accessToken } = await source.get();
  writeFileSync(file, codexText({ account: 'account-2' }));
  await assert.rejects(source.get({ rejected: accessToken }), hasCode('NET_TOKEN_ACCOUNT'));
  await assert.rejects(source.get(), hasCode('NET_TOKEN_ACCOUNT', /another account/));
});

test('a refresh that answers with another account is not stored', async (t) => {
  const { file, source } = setUp(t, { expiresInMs: 0 }, issuing((count) => ({ ...fresh(count), accessToken: jwt({ exp: 4e9, ...accountClaims('account-2') }) })));
  const before = readFileSync(file, 'utf8');
  await assert.rejects(source.get(), hasCode('NET_TOKEN_ACCOUNT'));
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('a final refusal says sign in again, and is not tried again for that token', async (t) => {
  const issue = issuing(() => {
    throw new NetError('NET_TOKEN_SIGNED_OUT', 'the login was revoked; sign in again', { hint: 'sign in again' });
  });
  const { file, source } = setUp(t, { expiresInMs: 0 }, issue);
  const before = readFileSync(file, 'utf8');
  await assert.rejects(source.get(), hasCode('NET_TOKEN_SIGNED_OUT', /sign in again/));
  await assert.rejects(source.get(), hasCode('NET_TOKEN_SIGNED_OUT'));
  assert.equal(issue.presented.length, 1);
  assert.equal(readFileSync(file, 'utf8'), before);
  writeFileSync(file, codexText({ expiresInMs: 0, refreshToken: 'another' }));
  await assert.rejects(source.get(), hasCode('NET_TOKEN_SIGNED_OUT'));
  assert.deepEqual(issue.presented, ['refresh-0', 'another']);
});

test('a refusal because another tool was faster is no refusal: its token is taken from the file', async (t) => {
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: 0 });
  const source = createFileTokenSource({
    files: [file],
    provider: 'codex',
    refresh: async () => {
      // The vendor's own tool knows nothing of our lock.
      writeFileSync(file, codexText({ refreshToken: 'refresh-1' }));
      throw new NetError('NET_TOKEN_SIGNED_OUT', 'reused');
    },
  });
  assert.equal((await source.get()).accessToken, readCredential(readFileSync(file, 'utf8'), file, 0).accessToken);
});

test('a login made while the issuer was thinking is not overwritten', async (t) => {
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: 0 });
  const login = codexText({ refreshToken: 'of-the-new-login' });
  const source = createFileTokenSource({
    files: [file],
    provider: 'codex',
    refresh: async () => {
      writeFileSync(file, login);
      return fresh(1);
    },
  });
  const { accessToken } = await source.get();
  assert.equal(readFileSync(file, 'utf8'), login);
  assert.equal(accessToken, readCredential(login, file, 0).accessToken);
});

test('a change of other members meanwhile survives', async (t) => {
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: 0 });
  const source = createFileTokenSource({
    files: [file],
    provider: 'codex',
    refresh: async () => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('"OPENAI_API_KEY": null', '"OPENAI_API_KEY": "set meanwhile"'));
      return fresh(1);
    },
  });
  await source.get();
  assert.match(readFileSync(file, 'utf8'), /set meanwhile/);
  assert.match(readFileSync(file, 'utf8'), /refresh-1/);
});

const passing = (): never => {
  throw new NetError('NET_CONNECT', 'nobody listens on issuer.example:443');
};

test('a passing fault: the old token while it is good, else an error that says why', async (t) => {
  const issue = issuing(passing);
  const good = setUp(t, { expiresInMs: 2 * MINUTE_MS }, issue);
  assert.equal((await good.source.get()).accessToken, good.stored().accessToken);
  await good.source.get();
  assert.equal(issue.presented.length, 1, 'not for every request');
  const expired = setUp(t, { expiresInMs: -1 }, issuing(passing));
  await assert.rejects(expired.source.get(), hasCode('NET_TOKEN_REFRESH', /NET_CONNECT: nobody listens/));
  assert.equal(existsSync(join(expired.folder, '.auth.json.sx-lock')), false);
  assert.deepEqual(readdirSync(expired.folder), ['auth.json']);
});

test('a passing fault after a 401 is an error: the rejected token is not given again', async (t) => {
  const { source } = setUp(t, {}, issuing(passing));
  const { accessToken } = await source.get();
  await assert.rejects(source.get({ rejected: accessToken }), hasCode('NET_TOKEN_REFRESH'));
});

test('an issuer that never answers ends with the deadline', async (t) => {
  const keepAlive = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(keepAlive));
  const { source } = setUp(t, { expiresInMs: -1 }, issuing(() => new Promise(() => undefined)), { timings: { refreshTimeoutMs: 30 } });
  await assert.rejects(source.get(), hasCode('NET_TOKEN_REFRESH', /no answer in 30 ms/));
});

test('without a refresh token, or where the file is only read: an error that tells both times', async (t) => {
  const without = setUp(t, { expiresInMs: -1, refreshToken: null }, issuing(fresh));
  await assert.rejects(without.source.get(), hasCode('NET_TOKEN_EXPIRED', /expired at .*clock says .*no refresh token/));
  const readOnly = setUp(t, { expiresInMs: -1 }, undefined);
  await assert.rejects(readOnly.source.get(), hasCode('NET_TOKEN_EXPIRED', /only read/));
  const valid = setUp(t, { expiresInMs: MINUTE_MS, refreshToken: null }, issuing(fresh));
  const { accessToken } = await valid.source.get();
  await assert.rejects(valid.source.get({ rejected: accessToken }), hasCode('NET_TOKEN_SIGNED_OUT', /rejected the token/));
});

test('a clock that is hours ahead refreshes once, not for each request', async (t) => {
  const issue = issuing((count) => fresh(count, HOUR_MS, { iat: Math.floor(Date.now() / 1000) }));
  const { source } = setUp(t, {}, issue, { now: () => Date.now() + 5 * HOUR_MS });
  const { accessToken } = await source.get();
  assert.equal((await source.get()).accessToken, accessToken);
  assert.equal(issue.presented.length, 1);
});

test('a token from the future: the error doubts the clock', async (t) => {
  const { source } = setUp(t, { expiresInMs: HOUR_MS, lastRefresh: new Date(Date.now() + HOUR_MS).toISOString(), refreshToken: null }, undefined);
  const { accessToken } = await source.get();
  await assert.rejects(source.get({ rejected: accessToken }), (error) => isNetError(error) && /clock seems to be wrong/.test(error.hint ?? ''));
});

test('tokens that live for seconds are used for half their life', async (t) => {
  let nowMs = Date.now();
  const issue = issuing((count) => ({ accessToken: `opaque-${count}`, refreshToken: `refresh-${count}`, expiresAtMs: nowMs + 60_000 }));
  const { file, source } = setUp(t, {}, issue, { now: () => nowMs });
  writeFileSync(file, JSON.stringify({ access_token: 'a', refresh_token: 'refresh-0', expires_at: 1 }));
  await source.get();
  nowMs += 29_000;
  await source.get();
  assert.equal(issue.presented.length, 1);
  nowMs += 2_000;
  await source.get();
  assert.equal(issue.presented.length, 2);
});

test('a file that is being written is read again', async (t) => {
  const { file, source, stored } = setUp(t, {}, undefined, { timings: { tornReadRetryMs: 100 } });
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.slice(0, 40));
  const wait = source.get();
  setTimeout(() => writeFileSync(file, text), 40);
  assert.equal((await wait).accessToken, stored().accessToken);
});

test('a file that lost its rights, or vanished, is an error although it was good before', async (t) => {
  const { file, source } = setUp(t, {}, issuing(fresh));
  await source.get();
  chmodSync(file, 0o644);
  await assert.rejects(source.get(), hasCode('NET_TOKEN_PERMISSIONS'));
  unlinkSync(file);
  await assert.rejects(source.get(), hasCode('NET_TOKEN_MISSING'));
});

test('an abort leaves the wait; the renewal goes on and is stored', async (t) => {
  let answer = (_: RefreshedCredential): void => undefined;
  let asked = (): void => undefined;
  const wasAsked = new Promise<void>((resolve) => (asked = resolve));
  const issue = issuing(() => {
    asked();
    return new Promise((resolve) => (answer = resolve));
  });
  const { source, stored } = setUp(t, { expiresInMs: 0 }, issue);
  const controller = new AbortController();
  const wait = source.get({ signal: controller.signal });
  await wasAsked;
  controller.abort();
  await assert.rejects(wait, hasCode('NET_ABORTED'));
  answer(fresh(1));
  await source.settled();
  assert.equal(stored().refreshToken, 'refresh-1');
  await assert.rejects(source.get({ signal: AbortSignal.abort() }), hasCode('NET_ABORTED'));
});

test('every secret is announced before it is used', async (t) => {
  const secrets = new Set<string>();
  const { source } = setUp(t, { expiresInMs: 0 }, issuing(fresh), { redactor: { addSecret: (value) => void secrets.add(value) } });
  const { accessToken } = await source.get();
  for (const secret of ['refresh-0', 'refresh-1', accessToken]) assert.ok(secrets.has(secret), secret);
});

test('renew() refreshes although the token is good', async (t) => {
  const issue = issuing(fresh);
  const { source, stored } = setUp(t, {}, issue);
  const { accessToken } = await source.renew();
  assert.equal(stored().accessToken, accessToken);
  assert.equal(issue.presented.length, 1);
});

test('an answer without an access token keeps a good one and fails with an expired one', async (t) => {
  const { source, stored } = setUp(t, { expiresInMs: MINUTE_MS }, issuing(() => ({ refreshToken: 'refresh-1' })));
  const { accessToken } = stored();
  assert.equal((await source.get()).accessToken, accessToken);
  assert.equal(stored().refreshToken, 'refresh-1');
  const expired = setUp(t, { expiresInMs: -1 }, issuing(() => ({ refreshToken: 'refresh-1' })));
  await assert.rejects(expired.source.get(), hasCode('NET_TOKEN_REFRESH', /no access token/));
});

