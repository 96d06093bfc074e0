/**
 * A router: one endpoint in front of many vendors (LiteLLM, OpenRouter, claude-code-router and their kind). Which protocol it
 * speaks is configured; without a key no credential is sent at all, since several refuse an empty one.
 *
 * Nothing is known of its models but what its list says. The base URL is part of each message's origin.
 */
import { apiKey, noAuth } from '@sx/auth/api-key';
import {
  amendError, type DefinedProvider, defineProvider, type ModelCapabilities, type ProviderOptions, type ProviderDefinition,
  type ProviderError, toBaseUrl, toProviderContext,
} from '@sx/llm';
import { claudeModels, createThinkingRepairs, messages, messagesFields, messagesTokenCount } from '@sx/protocols/anthropic-messages';
import { chatCompletions, createMemberRepairs, parseModels } from '@sx/protocols/openai-chat';
import { responses, responsesTokenCount } from '@sx/protocols/openai-responses';

export type RouterProtocol = 'chat' | 'responses' | 'messages';

export interface RouterOptions extends ProviderOptions {
  /** A trailing slash and `/v1` may be missing or present. */
  readonly baseUrl: string;
  /** Sent as a bearer. Default: no credential is sent. */
  readonly apiKey?: string | undefined;
  /** Default `chat`. */
  readonly protocol?: RouterProtocol | undefined;
  /** `opus`, `sonnet`, `haiku` → the router's names. Default: they go out as they are; routers have tables of their own. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function createRouterProvider(options: RouterOptions): DefinedProvider {
  const { redactor } = options;
  const key = options.apiKey?.trim() ?? '';
  const { path, quirks, assumed, ...speech } = speechOf(options);
  const listed = new Map<string, ModelCapabilities>();
  const define = defineProvider({
    id: 'router',
    ...speech,
    endpoint: { baseUrl: toBaseUrl(options.baseUrl, { key: 'ROUTER_URL', version: '/v1', versionAnywhere: true }), path },
    auth: key === '' ? noAuth() : apiKey({ key, header: 'authorization', origin: 'ROUTER_API_KEY', redactor }),
    capabilities: (model) => ({ ...assumed?.(model), ...listed.get(model) }),
    aliases: options.aliases ?? {},
    models: {
      table: [],
      endpoint: {
        path: '/models',
        parse: (body) => parseModels(body),
        onList: (models) => {
          for (const model of models) listed.set(model.id, model.capabilities);
        },
      },
    },
    originByBaseUrl: true,
    quirks: {
      ...quirks,
      toError: (error) => sayWhatHelps(error, key !== ''),
    },
  });
  return define(toProviderContext(options));
}

function sayWhatHelps(error: ProviderError, hasKey: boolean): ProviderError {
  if (error.hint !== undefined) return error;
  if (error.code === 'PROVIDER_AUTHENTICATION') {
    const hint = hasKey ? 'the key in ROUTER_API_KEY was not accepted' : 'no key was sent: ROUTER_API_KEY is unset';
    return amendError(error, { hint });
  }
  if (error.code !== 'PROVIDER_NOT_FOUND') return error;
  return amendError(error, { hint: 'MODEL names the model; sx models router lists what this router offers' });
}

interface Speech extends Pick<ProviderDefinition, 'protocol' | 'fields' | 'quirks' | 'tokenCount'> {
  readonly path: string;
  /** Of models that the list says nothing of. */
  readonly assumed?: (model: string) => ModelCapabilities;
}

/** Of a Claude by its name; of others the oldest words for thinking, which routers translate. */
function claudeCapabilities(model: string): ModelCapabilities {
  const name = model.replace(/^.*\//, '');
  const known = claudeModels.find(({ id }) => id === name);
  return known?.capabilities ?? { extra: { thinkingTypes: ['enabled', 'disabled'] } };
}

function speechOf({ protocol = 'chat', now }: RouterOptions): Speech {
  switch (protocol) {
    case 'chat': {
      // LiteLLM wants tools wherever there were calls; thoughts have a member of their own at every router.
      const dialect = {
        maxTokensMember: 'max_completion_tokens',
        effortMember: 'reasoning_effort',
        toolsWithHistory: true,
        parallelSwitch: true,
        thinkTags: false,
      } as const;
      return { path: '/chat/completions', protocol: chatCompletions(dialect, now), quirks: createMemberRepairs() };
    }
    case 'responses': return {
      path: '/responses',
      protocol: responses({ dialect: 'public', now }),
      quirks: createMemberRepairs(),
      tokenCount: responsesTokenCount,
      assumed: () => ({ extra: { reasoningSummary: true } }),
    };
    case 'messages': return {
      path: '/messages',
      protocol: messages({ official: false }),
      fields: (request, { capabilities }) => messagesFields([], { request, capabilities }),
      quirks: createThinkingRepairs(),
      tokenCount: messagesTokenCount('/messages/count_tokens'),
      assumed: claudeCapabilities,
    };
    default: return protocol satisfies never;
  }
}
