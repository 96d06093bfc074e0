/**
 * The clients that are compared: each loads what it needs and nothing else, and reads one whole answer, telling of its first piece of
 * text. Ours are what an embedding program would use (package, transport, provider); they put the message together beside the
 * events. The vendors' are their SDKs, without retries: in the leanest way they offer (`stream: true`, events and no more), and
 * with the helper that puts the message together (`.stream()`), which is the like-for-like one.
 */
import type { DefinedProvider, ModelRequest } from '@sx/llm';
import type { Transport } from '@sx/net';

/** Reads one answer of the server at `base`; gives the number of pieces of text. */
export type Client = (onFirst: () => void) => Promise<number>;

const USER_AGENT = 'sx/bench';

async function ours(create: (transport: Transport) => Promise<DefinedProvider>): Promise<Client> {
  const { allowAll, createDialer, createTransport } = await import('@sx/net/client');
  const provider = await create(createTransport({ dialer: createDialer({ policy: allowAll() }) }));
  const request: ModelRequest = {
    model: 'bench',
    system: 'bench',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
    tools: [],
    sessionId: '00000000-0000-4000-8000-000000000000',
    turnId: '00000000-0000-4000-8000-000000000001',
  };
  return async (onFirst) => {
    let pieces = 0;
    for await (const event of provider.stream(request)) if (event.type === 'text-delta' && ++pieces === 1) onFirst();
    return pieces;
  };
}

async function theirs<Event>(stream: () => Promise<AsyncIterable<Event>>, isText: (event: Event) => boolean): Promise<Client> {
  return async (onFirst) => {
    let pieces = 0;
    for await (const event of await stream()) if (isText(event) && ++pieces === 1) onFirst();
    return pieces;
  };
}

const messages = [{ role: 'user', content: 'go' }] as const;

export const CLIENTS = {
  codex: (base) => ours(async (transport) => {
    const { createCodexProvider } = await import('@sx/provider-codex');
    const { staticTokenSource } = await import('@sx/net/static-token-source');
    return createCodexProvider({ transport, tokenSource: staticTokenSource('bench', 'bench'), baseUrl: base, userAgent: USER_AGENT });
  }),
  claude_code: (base) => ours(async (transport) => {
    const { createClaudeCodeProvider } = await import('@sx/provider-claude-code');
    const { staticTokenSource } = await import('@sx/net/static-token-source');
    return createClaudeCodeProvider({ transport, tokenSource: staticTokenSource('bench', 'bench'), baseUrl: base, userAgent: USER_AGENT });
  }),
  anthropic: (base) => ours(async (transport) => {
    const { createAnthropicProvider } = await import('@sx/provider-anthropic');
    return createAnthropicProvider({ transport, apiKey: 'bench', baseUrl: base, userAgent: USER_AGENT });
  }),
  gemini: (base) => ours(async (transport) => {
    const { createGeminiProvider } = await import('@sx/provider-gemini');
    return createGeminiProvider({ transport, apiKey: 'bench', baseUrl: base, userAgent: USER_AGENT });
  }),
  openai: (base) => ours(async (transport) => {
    const { createOpenaiChatProvider } = await import('@sx/provider-openai/chat');
    return createOpenaiChatProvider({ transport, apiKey: 'bench', baseUrl: base, vendor: 'openai', userAgent: USER_AGENT });
  }),
  'openai (responses)': (base) => ours(async (transport) => {
    const { createOpenaiResponsesProvider } = await import('@sx/provider-openai/responses');
    return createOpenaiResponsesProvider({ transport, apiKey: 'bench', baseUrl: base, vendor: 'openai', userAgent: USER_AGENT });
  }),
  router: (base) => ours(async (transport) => {
    const { createRouterChatProvider } = await import('@sx/provider-router/chat');
    return createRouterChatProvider({ transport, baseUrl: base, userAgent: USER_AGENT });
  }),
  'openai SDK, responses': async (base) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${base}/v1`, maxRetries: 0 });
    return theirs(() => client.responses.create({ model: 'bench', input: 'go', stream: true }), (event) => event.type === 'response.output_text.delta');
  },
  'openai SDK, chat': async (base) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${base}/v1`, maxRetries: 0 });
    const body = { model: 'bench', messages: [...messages], stream: true, stream_options: { include_usage: true } } as const;
    return theirs(() => client.chat.completions.create(body), (part) => (part.choices[0]?.delta.content ?? '') !== '');
  },
  '@anthropic-ai/sdk': async (base) => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'bench', baseURL: base, maxRetries: 0 });
    const body = { model: 'bench', max_tokens: 1_000, messages: [...messages], stream: true } as const;
    return theirs(() => client.messages.create(body), (event) => event.type === 'content_block_delta');
  },
  'openai SDK, responses helper': async (base) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${base}/v1`, maxRetries: 0 });
    return theirs(() => Promise.resolve(client.responses.stream({ model: 'bench', input: 'go' })), (event) => event.type === 'response.output_text.delta');
  },
  'openai SDK, chat helper': async (base) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${base}/v1`, maxRetries: 0 });
    const body = { model: 'bench', messages: [...messages], stream: true, stream_options: { include_usage: true } } as const;
    return theirs(() => Promise.resolve(client.chat.completions.stream(body)), (part) => (part.choices[0]?.delta.content ?? '') !== '');
  },
  '@anthropic-ai/sdk helper': async (base) => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'bench', baseURL: base, maxRetries: 0 });
    return theirs(() => Promise.resolve(client.messages.stream({ model: 'bench', max_tokens: 1_000, messages: [...messages] })), (event) => event.type === 'content_block_delta');
  },
  '@google/genai': async (base) => {
    const { GoogleGenAI } = await import('@google/genai');
    const client = new GoogleGenAI({ apiKey: 'bench', httpOptions: { baseUrl: base } });
    return theirs(() => client.models.generateContentStream({ model: 'bench', contents: 'go' }), (part) => (part.text ?? '') !== '');
  },
} as const satisfies Record<string, (base: string) => Promise<Client>>;

export type ClientName = keyof typeof CLIENTS;

export function isClientName(name: string): name is ClientName {
  return Object.hasOwn(CLIENTS, name);
}
