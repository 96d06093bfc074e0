import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { createSimulator, type Simulator, type SimulatorUrls } from '@sx/simulator';

import { createSandbox } from './run-sx.ts';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

describe('sx login, by provider', () => {
  for (const [provider, key] of [['anthropic', 'sk-ant-api03-abc'], ['gemini', 'AIzaSyABCDEFG'], ['openai', 'sk-proj-abcdefg'], ['router', 'any-key-will-do']] as const) {
    test(`${provider}: the key on standard input is stored 0600, where its provider finds it, and masked`, async () => {
      using sandbox = createSandbox();
      const { code, stdout, stderr } = await sandbox.sx(['login', provider], { stdin: `  ${key}\n`, env: { PROVIDER: provider } });
      const file = join(sandbox.home, `.scorpiox/credentials/${provider}.json`);
      assert.deepEqual([code, stdout, stderr], [0, `stored in ${file}\n`, '']);
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { api_key: key });
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const name = `${provider.toUpperCase()}_API_KEY`;
      assert.equal((await sandbox.sx(['config', 'get', name, '--show-source'])).stdout, `********  # ${file}\n`);
    });
  }

  for (const [provider, urlKey, urlOf] of [
    ['anthropic', 'ANTHROPIC_API_URL', (urls: SimulatorUrls) => urls.anthropic],
    ['gemini', 'GEMINI_API_URL', (urls: SimulatorUrls) => urls.gemini],
    ['openai', 'OPENAI_BASE_URL', (urls: SimulatorUrls) => urls.openai],
  ] as const) {
    test(`${provider}: a run uses the stored key`, async () => {
      using sandbox = createSandbox();
      const env = { PROVIDER: provider, [urlKey]: urlOf(simulator.urls), CA_FILE: simulator.caFile ?? '', ...(provider === 'openai' ? { MODEL: 'gpt-5.5' } : {}) };
      const without = await sandbox.sx(['-p', 'say hello', '--ephemeral'], { env });
      assert.notEqual(without.code, 0);
      await sandbox.sx(['login', provider], { stdin: simulator.apiKey, env });
      const { code, stderr } = await sandbox.sx(['-p', 'say hello', '--ephemeral'], { env });
      assert.equal(code, 0, stderr);
      await sandbox.sx(['logout'], { env });
      assert.equal((await sandbox.sx(['-p', 'say hello', '--ephemeral'], { env })).code, without.code);
    });
  }

  for (const [rule, provider, key, says] of [
    ['nothing', 'anthropic', '', /it is empty/],
    ['two lines', 'anthropic', 'sk-ant-1\nsk-ant-2', /blanks, line breaks/],
    ['a line of a shell', 'anthropic', 'ANTHROPIC_API_KEY=sk-ant-marked', /only the key itself/],
    ['a header', 'openai', 'Bearer marked-marked', /only the key itself/],
    ['quotes', 'openai', '"marked-marked"', /in quotes/],
    ['three letters', 'openai', 'abc', /3 characters/],
    ['a novel', 'openai', 'x'.repeat(5_000), /the limit is 4096/],
    ["another vendor's key", 'gemini', 'sk-ant-marked', /looks like a key of anthropic/],
    ["a subscription's token", 'anthropic', 'sk-ant-oat01-marked', /token of a Claude subscription/],
    ['another script', 'openai', 'ключ-ключ-ключ', /characters that no key has/],
    ['bytes that are no text', 'openai', new Uint8Array([0xff, 0xfe, 0xff]), /not UTF-8/],
  ] as const) {
    test(`${rule} is no key: refused without quoting it, and nothing is stored`, async () => {
      using sandbox = createSandbox();
      const { code, stderr } = await sandbox.sx(['login', provider], { stdin: key });
      assert.equal(code, 42);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /marked/);
      assert.ok(!existsSync(join(sandbox.home, '.scorpiox/credentials')) || readdirSync(join(sandbox.home, '.scorpiox/credentials')).length === 0);
    });
  }

  test('without a terminal or input nothing is waited for', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await sandbox.sx(['login', 'anthropic']);
    assert.equal(code, 42);
    assert.match(stderr, /no terminal to ask on.*\[CLI_MISSING_ARGUMENT\]/);
  });

  test('what wins over the key, and what does not select the provider, is said', async () => {
    using sandbox = createSandbox();
    const { stderr } = await sandbox.sx(['login', 'anthropic'], { stdin: 'sk-ant-api03-abc', env: { ANTHROPIC_API_KEY: 'marked-other' } });
    assert.match(stderr, /^sx: ANTHROPIC_API_KEY \(environment\) wins over it\nsx: PROVIDER selects another provider: sx config set PROVIDER anthropic --level user\n$/);
  });

  test('claude_code has no login here: what there is instead is said', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await sandbox.sx(['login', 'claude_code']);
    assert.equal(code, 42);
    assert.match(stderr, /no login of its own for claude_code.*\[CLI_NO_LOGIN\]\n.*\.claude\/\.credentials\.json.*\n.*CLAUDE_CODE_CREDENTIALS_FILE.*\n.*sx login anthropic/);
  });

  test('a provider is needed, and its name is checked', async () => {
    using sandbox = createSandbox();
    assert.match((await sandbox.sx(['login'])).stderr, /needs a provider \[CLI_MISSING_ARGUMENT\]\n {4}one of codex, anthropic, gemini, openai, router, claude_code\n/);
    assert.match((await sandbox.sx(['login', 'codx'])).stderr, /did you mean codex\?/);
    assert.match((await sandbox.sx(['login', 'anthropic', '--device'])).stderr, /\[CLI_MISPLACED_FLAG\]/);
    assert.match((await sandbox.sx(['login', 'codex', '--timeout', '0'])).stderr, /from 1 to 86400 \[CLI_BAD_VALUE\]/);
  });
});
