/**
 * Claude through the Anthropic API, with a key: the Messages protocol, `x-api-key`, the vendor's list of models.
 */
import { apiKey } from '@sx/auth/api-key';
import {
  amendError, type DefinedProvider, defineProvider, type ProviderError, type ProviderOptions, toBaseUrl, toProviderContext,
} from '@sx/llm/provider-kit';
import {
  claudeAliases, createClaudeCatalogue, createThinkingRepairs, messages, messagesFields, messagesTokenCount,
} from '@sx/protocols/anthropic-messages';

export const ANTHROPIC_BASE_URL = 'https://api.anthropic.com';

export interface AnthropicOptions extends ProviderOptions {
  readonly apiKey: string;
  /** Where the key comes from, for messages: `ANTHROPIC_API_KEY`, which is the default. */
  readonly keyOrigin?: string | undefined;
  /** Sent as a bearer instead of the key: for gateways that want one. */
  readonly authToken?: string | undefined;
  /** Default `https://api.anthropic.com`; `/v1` may be there or not. */
  readonly baseUrl?: string | undefined;
  /** Name → wire id, over the defaults. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** @throws {NetError} `NET_TOKEN_MISSING`, `NET_TOKEN_MALFORMED` (key); {ProviderError} `PROVIDER_UNSUPPORTED` (URL). */
export function createAnthropicProvider(options: AnthropicOptions): DefinedProvider {
  const { redactor } = options;
  const token = options.authToken?.trim() ?? '';
  const keyOrigin = token === '' ? (options.keyOrigin ?? 'ANTHROPIC_API_KEY') : 'ANTHROPIC_AUTH_TOKEN';
  const define = defineProvider({
    id: 'anthropic',
    protocol: messages(),
    endpoint: {
      baseUrl: toBaseUrl(options.baseUrl ?? ANTHROPIC_BASE_URL, { key: 'ANTHROPIC_API_URL', withoutVersion: '/v1' }),
      path: '/v1/messages',
    },
    tokenCount: messagesTokenCount('/v1/messages/count_tokens'),
    auth: token === ''
      ? apiKey({ key: options.apiKey, header: 'x-api-key', origin: keyOrigin, redactor })
      : apiKey({ key: token, header: 'authorization', origin: keyOrigin, redactor }),
    ...createClaudeCatalogue(messagesFields()),
    aliases: { ...claudeAliases, ...options.aliases },
    fields: (request, { capabilities }) => messagesFields([], { request, capabilities }),
    quirks: { ...createThinkingRepairs(), toError: (error) => sayWhatHelps(error, keyOrigin) },
  });
  return define(toProviderContext(options));
}

function sayWhatHelps(error: ProviderError, keyOrigin: string): ProviderError {
  if (error.hint !== undefined) return error;
  if (error.code === 'PROVIDER_AUTHENTICATION') {
    // Without a status nothing was sent: there is no key.
    const unset = `set ${keyOrigin} to a key of https://console.anthropic.com/settings/keys`;
    return amendError(error, { hint: error.status === undefined ? unset : `the key in ${keyOrigin} was not accepted` });
  }
  if (error.code === 'PROVIDER_NOT_FOUND') return amendError(error, { hint: 'sx models anthropic lists what is offered' });
  return error;
}
