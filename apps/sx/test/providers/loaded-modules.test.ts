/**
 * What a program loads that embeds one provider: an answer over TLS, in a process of its own, with every module that it resolves. The
 * bound is on which modules these are: whoever adds an import to the way of a request sees here what else it brings.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { createSimulator, type Simulator } from '@sx/simulator';

interface Row {
  readonly specifier: string;
  readonly create: string;
  readonly url: 'anthropic' | 'codex' | 'gemini' | 'openai' | 'router';
  /** Folder of its protocol. */
  readonly protocol: string;
  /** Default: a key. */
  readonly credential?: 'key' | 'token' | 'none';
}
const ROWS: readonly Row[] = [
  { specifier: '@sx/provider-anthropic', create: 'createAnthropicProvider', url: 'anthropic', protocol: 'anthropic-messages' },
  { specifier: '@sx/provider-claude-code', create: 'createClaudeCodeProvider', url: 'anthropic', protocol: 'anthropic-messages', credential: 'token' },
  { specifier: '@sx/provider-codex', create: 'createCodexProvider', url: 'codex', protocol: 'openai-responses', credential: 'token' },
  { specifier: '@sx/provider-gemini', create: 'createGeminiProvider', url: 'gemini', protocol: 'gemini' },
  { specifier: '@sx/provider-openai/chat', create: 'createOpenaiChatProvider', url: 'openai', protocol: 'openai-chat' },
  { specifier: '@sx/provider-openai/responses', create: 'createOpenaiResponsesProvider', url: 'openai', protocol: 'openai-responses' },
  { specifier: '@sx/provider-router/chat', create: 'createRouterChatProvider', url: 'router', protocol: 'openai-chat', credential: 'none' },
  { specifier: '@sx/provider-router/messages', create: 'createRouterMessagesProvider', url: 'router', protocol: 'anthropic-messages', credential: 'none' },
];

/** Below `packages/`. What a request with text alone, sent directly, has no use for. */
const NEEDLESS: readonly RegExp[] = [
  /^(?:net|llm|auth)\/src\/index\.ts$/,
  /^net\/src\/(?:har|trace|redact[\w-]*)\.ts$/,
  /^net\/src\/token\/(?!(?:static-token-source|jwt-claims)\.ts$)/,
  /^net\/src\/socket\/(?:proxy-[\w-]+|dial-through-proxy|socks5|trust|trust-bundle|dialer-diagnose|local-socket)\.ts$/,
  /^net\/src\/http1\/(?:request-head-decoder|encode-connect)\.ts$/,
  /^llm\/src\/(?:media-[\w-]+|call-json|list-models|count-tokens|price|stream-grammar)\.ts$/,
  /^auth\/src\/(?:loopback-[\w-]+|oauth\/(?!claude-config\.ts$)[\w-]+)\.ts$/,
  /^provider-codex\/src\/(?:account|parse-models)\.ts$/,
  /^protocols\/src\/(?:anthropic-messages\/parse-models|openai-chat\/models)\.ts$/,
  /^provider-gemini\/src\/(?:context-cache|open-context-caches|conversation-beginning)\.ts$/,
  /^provider-openai\/src\/windows\.ts$/,
];
/** What several protocols have in common. */
const COMMON = /^protocols\/src\/(?:[\w-]+|openai-chat\/repair)\.ts$/;
const NEEDLESS_OF_NODE = ['http', 'https', 'internal/deps/undici/undici', 'internal/crypto/webcrypto', 'internal/fs/promises', 'child_process'];

const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator({ tls: true });
});
after(() => simulator.close());

interface Loaded {
  /** Below `packages/`. */
  readonly ours: readonly string[];
  readonly ofNode: readonly string[];
}

/** @param more - Statements after the first answer; `provider` and `ask(content)` are there. */
async function load({ specifier, create, url, credential = 'key' }: Row, more = ''): Promise<Loaded> {
  const key = credential === 'key' ? { apiKey: simulator.apiKey } : {};
  const options = JSON.stringify({ baseUrl: simulator.urls[url], userAgent: 'example/1.0', ...key, ...(url === 'openai' ? { vendor: 'openai' } : {}) });
  const { accessToken } = simulator.credentials().tokens;
  const source = `(await import('@sx/net/static-token-source')).staticTokenSource('${accessToken}', 'test')`;
  const tokens = credential === 'token' ? `, tokenSource: ${source}` : '';
  const program = `
    import { allowAll, createDialer, createTransport } from '@sx/net/client';
    const { ${create} } = await import(${JSON.stringify(specifier)});
    const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
    const provider = ${create}({ transport, ...${options}${tokens} });
    const ask = async (content) => {
      const messages = [{ role: 'user', content }];
      const request = { model: provider.resolveModel('sonnet'), system: 'Be brief.', messages, tools: [], sessionId: '00000000-0000-4000-8000-000000000000', turnId: '1' };
      let last;
      for await (const event of provider.stream(request)) last = event;
      if (last.type !== 'finish') throw new Error(last.type);
    };
    await ask([{ type: 'text', text: 'Hi' }]);
    ${more}
    transport.close();
    console.log(process.moduleLoadList.filter((entry) => entry.startsWith('NativeModule ')).join('\\n'));`;
  const hooks = join(import.meta.dirname, '../program/log-modules.ts');
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@sx/source', '--import', hooks, '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, env: { NODE_EXTRA_CA_CERTS: simulator.caFile }, timeout: 30_000 },
  );
  return {
    ours: [...stderr.matchAll(/^loads file:\S*\/packages\/(\S+)$/gm)].map(([, path = '']) => path),
    ofNode: stdout.trim().split('\n').map((entry) => entry.slice('NativeModule '.length)),
  };
}

describe('an embedding program loads', () => {
  for (const row of ROWS) {
    it(`${row.specifier}: what its answer needs, and nothing else`, async () => {
      const { ours, ofNode } = await load(row);
      assert.ok(ours.includes(`protocols/src/${row.protocol}/decoder.ts`) && ours.includes('net/src/socket/tls-connect.ts'), ours.join('\n'));
      assert.deepEqual(ours.filter((path) => NEEDLESS.some((pattern) => pattern.test(path))), []);
      const others = ours.filter((path) => path.startsWith('protocols/') && !path.startsWith(`protocols/src/${row.protocol}/`) && !COMMON.test(path));
      assert.deepEqual(others, []);
      assert.deepEqual(NEEDLESS_OF_NODE.filter((id) => ofNode.includes(id)), []);
    });
  }
  it('the rest where it is wanted: limits of media with an image, the list of models with a question for it', async () => {
    const [anthropic] = ROWS;
    assert.ok(anthropic !== undefined);
    const picture = `await ask([{ type: 'media', mediaType: 'image/png', data: '${PICTURE}' }, { type: 'text', text: 'Hi' }]);`;
    const { ours } = await load(anthropic, `${picture} if ((await provider.models()).length === 0) throw new Error('no models');`);
    for (const name of ['media-limits', 'media-facts', 'list-models', 'call-json']) assert.ok(ours.includes(`llm/src/${name}.ts`), name);
    assert.ok(ours.includes('protocols/src/anthropic-messages/parse-models.ts'));
  });
});
