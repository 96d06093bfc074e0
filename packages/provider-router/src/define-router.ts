/**
 * What a router is, whatever it speaks. Nothing is known of its models but what its list says. The base URL is part of each
 * message's origin.
 */
import { apiKey, noAuth } from '@sx/auth/api-key';
import {
  amendError, type DefinedProvider, defineProvider, type ModelCapabilities, type ProviderDefinition, type ProviderError,
  type ProviderOptions, toBaseUrl, toProviderContext,
} from '@sx/llm/provider-kit';

export interface RouterServerOptions extends ProviderOptions {
  /** A trailing slash and `/v1` may be missing or present. */
  readonly baseUrl: string;
  /** Sent as a bearer. Default: no credential is sent. */
  readonly apiKey?: string | undefined;
  /** `opus`, `sonnet`, `haiku` → the router's names. Default: they go out as they are; routers have tables of their own. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** What a router speaks. */
export interface Speech extends Pick<ProviderDefinition, 'protocol' | 'fields' | 'quirks' | 'tokenCount'> {
  readonly path: string;
  /** Of models that the list says nothing of. */
  readonly assumed?: (model: string) => ModelCapabilities;
}

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function defineRouter(options: RouterServerOptions, { path, quirks, assumed, ...speech }: Speech): DefinedProvider {
  const { redactor } = options;
  const key = options.apiKey?.trim() ?? '';
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
        parse: async (body) => (await import('@sx/protocols/openai-chat/models')).parseModels(body),
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
