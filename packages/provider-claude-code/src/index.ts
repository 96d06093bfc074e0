/**
 * Claude with the token of a Claude Code login: the Messages protocol, a bearer token and the beta that admits it.
 *
 * We say who we are. Nothing is sent to pass for the official client: neither its name nor its prompt nor its betas. The
 * vendor's terms may forbid such use of a subscription, and its server may refuse it; so a program that offers this provider
 * shows `CLAUDE_CODE_NOTICE` once, and never chooses it by itself. There is no login here: the vendor keeps that to itself.
 */
import { bearer } from '@sx/auth/bearer';
import { claudeOAuthConfig } from '@sx/auth/claude-config';
import {
  amendError, type DefinedProvider, defineProvider, ProviderError, type ProviderOptions, toBaseUrl, toProviderContext,
} from '@sx/llm/provider-kit';
import type { TokenSource } from '@sx/net';
import {
  claudeAliases, createClaudeCatalogue, createThinkingRepairs, messages, messagesFields, messagesTokenCount,
} from '@sx/protocols/anthropic-messages';

export const CLAUDE_CODE_BASE_URL = 'https://api.anthropic.com';

export const CLAUDE_CODE_NOTICE =
  'the vendor may forbid the use of a Claude subscription outside its own programs; PROVIDER=anthropic uses an API key instead';

export interface ClaudeCodeOptions extends ProviderOptions {
  readonly tokenSource: TokenSource;
  /** Default `https://api.anthropic.com`; `/v1` may be there or not. */
  readonly baseUrl?: string | undefined;
  /** Name → wire id, over the defaults. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for the base URL. */
export function createClaudeCodeProvider(options: ClaudeCodeOptions): DefinedProvider {
  const { redactor } = options;
  const betas = [claudeOAuthConfig().beta];
  const define = defineProvider({
    id: 'claude_code',
    protocol: messages(),
    endpoint: {
      baseUrl: toBaseUrl(options.baseUrl ?? CLAUDE_CODE_BASE_URL, { key: 'CLAUDE_CODE_API_URL', withoutVersion: '/v1' }),
      path: '/v1/messages',
    },
    tokenCount: messagesTokenCount('/v1/messages/count_tokens'),
    auth: bearer(options.tokenSource, { redactor }),
    ...createClaudeCatalogue(messagesFields(betas)),
    aliases: { ...claudeAliases, ...options.aliases },
    fields: (request, { capabilities }) => messagesFields(betas, { request, capabilities }),
    quirks: { ...createThinkingRepairs(), toError: sayWhoMay },
  });
  return define(toProviderContext(options));
}

/** Refusals that are about who asks, not about what is asked. */
function sayWhoMay(error: ProviderError): ProviderError {
  if (/only authorized for use with claude code|oauth authentication is currently not/i.test(error.message)) {
    const { provider, status, requestId, vendorCode } = error;
    const message = `the vendor admits this token to its own programs only: ${error.message}`;
    return new ProviderError('PROVIDER_CLIENT_REFUSED', message, {
      ...(provider === undefined ? {} : { provider }),
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(vendorCode === undefined ? {} : { vendorCode }),
      hint: 'PROVIDER=anthropic with an ANTHROPIC_API_KEY is the way that is open to other programs',
    });
  }
  if (error.hint === undefined && error.code === 'PROVIDER_NOT_FOUND') {
    return amendError(error, { hint: 'sx models claude_code lists what is offered' });
  }
  return error;
}
