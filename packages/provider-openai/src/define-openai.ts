/**
 * What every server that speaks as OpenAI does has in common, whichever of its two APIs is asked.
 */
import { apiKey, noAuth } from '@sx/auth/api-key';
import {
  amendError, type DefinedProvider, defineProvider, joinUrl, type JsonObject, type ModelCapabilities, type ModelInfo, type Protocol,
  type ProviderDefinition, ProviderError, type ProviderOptions, toBaseUrl, toProviderContext,
} from '@sx/llm/provider-kit';
import { createMemberRepairs } from '@sx/protocols/openai-chat/repair';

import type { Vendor } from './vendor.ts';
import { otherVendor, vendorOf, vendors } from './vendors.ts';

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';

export interface OpenaiServerOptions extends ProviderOptions {
  /** Default `https://api.openai.com/v1`; a trailing slash and the version may be missing or present, a query stays. */
  readonly baseUrl?: string | undefined;
  /** Sent as a bearer. Default: no credential is sent. */
  readonly apiKey?: string | undefined;
  /** One of `vendors` by its id, or one of your own. Default: by the host of the base URL, else by its port. */
  readonly vendor?: string | Vendor | undefined;
  /** Name → wire id, over the vendor's. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** One of the two APIs. */
export interface OpenaiApi {
  readonly path: string;
  protocol(vendor: Vendor, now: (() => number) | undefined): Protocol;
  /** What the vendor's models can in this API. */
  capabilities(known: ModelCapabilities): ModelCapabilities;
  /** Where the tokens of a request are counted. @param query - Of the base URL. */
  tokenCount?(query: string): ProviderDefinition['tokenCount'];
  /** What helps where the server does not have this API. */
  readonly absent?: string;
  /** The vendor's last word on the body. */
  body(body: JsonObject, vendor: Vendor): JsonObject;
}

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL or a vendor that is none; {NetError} for a key that is none. */
export function defineOpenai(options: OpenaiServerOptions, api: OpenaiApi): DefinedProvider {
  const { redactor } = options;
  const key = options.apiKey?.trim() ?? '';
  const { baseUrl, query, vendor } = locate(options.baseUrl ?? OPENAI_BASE_URL, options.vendor);
  const table = new Map((vendor.models ?? []).map((model) => [model.id, model.capabilities]));
  const assumed = vendor.capabilities ?? ((): ModelCapabilities => ({ documentInput: false }));
  const listed = new Map<string, ModelCapabilities>();
  const remember = (models: readonly ModelInfo[]): void => {
    for (const model of models) listed.set(model.id, model.capabilities);
  };
  const repairs = createMemberRepairs();
  const known = (model: string): ModelCapabilities => api.capabilities(table.get(model) ?? assumed(model));
  const protocol = api.protocol(vendor, options.now);
  const auth = key === '' ? noAuth() : apiKey({ key, header: keyHeader(baseUrl), origin: 'OPENAI_API_KEY', redactor });
  const tokenCount = api.tokenCount?.(query);
  const define = defineProvider({
    id: 'openai',
    protocol,
    endpoint: { baseUrl, path: `${api.path}${query}` },
    ...(tokenCount === undefined ? {} : { tokenCount }),
    auth,
    capabilities: (model) => listed.get(model) ?? known(model),
    aliases: { ...vendor.aliases, ...options.aliases },
    models: {
      table: vendor.models ?? [],
      endpoint: {
        path: `/models${query}`,
        parse: async (body) => (await import('@sx/protocols/openai-chat/models')).parseModels(body, known),
        onList: remember,
      },
    },
    originByBaseUrl: true,
    quirks: {
      ...repairs,
      body: (body, request, context) => repairs.body(api.body(body, vendor), request, context),
      toError: (error) => sayWhatHelps(error, key !== '', api),
    },
  });
  const provider = define(toProviderContext(options));
  const { windowsPath } = vendor;
  if (windowsPath === undefined) return provider;
  return {
    ...provider,
    async models(asked = {}) {
      const models = await provider.models(asked);
      const url = joinUrl(baseUrl.replace(/\/v1$/, ''), windowsPath);
      const request = { method: 'GET', url, fields: [['User-Agent', options.userAgent]] } as const;
      const context = { origin: provider.originOf(''), capabilities: {} };
      const { transport, extraFields } = options;
      const { withWindows } = await import('./windows.ts');
      const widened = await withWindows(models, { transport, auth, request, protocol, context, extraFields, signal: asked.signal });
      remember(widened);
      return widened;
    },
  };
}

function sayWhatHelps(error: ProviderError, hasKey: boolean, { absent }: OpenaiApi): ProviderError {
  if (error.hint !== undefined) return error;
  if (error.code === 'PROVIDER_AUTHENTICATION') {
    const hint = hasKey ? 'the key in OPENAI_API_KEY was not accepted' : 'no key was sent: OPENAI_API_KEY is unset';
    return amendError(error, { hint });
  }
  if (error.code !== 'PROVIDER_NOT_FOUND') return error;
  // Servers that do not have this API answer in the words of their web framework, which know no model.
  const isOfModel = /model/i.test(`${error.message} ${error.vendorCode ?? ''}`);
  if (absent !== undefined && !isOfModel) return amendError(error, { hint: absent });
  return amendError(error, { hint: 'MODEL names the model; sx models openai lists what this server offers' });
}

function locate(text: string, asked: string | Vendor | undefined): { baseUrl: string; query: string; vendor: Vendor } {
  const [, address = '', query = ''] = /^([^?]*)(\?.*)?$/s.exec(text.trim()) ?? [];
  const plain = toBaseUrl(address, { key: 'OPENAI_BASE_URL' });
  const vendor = typeof asked === 'string' ? vendorNamed(asked) : (asked ?? vendorOf(plain));
  const bare = new URL(plain).pathname === '/';
  if (isDeployment(plain)) return { baseUrl: plain, query, vendor };
  const version = bare ? (vendor.path ?? '/v1') : '/v1';
  return { baseUrl: toBaseUrl(plain, { key: 'OPENAI_BASE_URL', version, versionAnywhere: true }), query, vendor };
}

/** The older API of Azure: the model stands in the path, the version in the query. */
function isDeployment(baseUrl: string): boolean {
  return baseUrl.includes('/deployments/');
}

function keyHeader(baseUrl: string): 'api-key' | 'authorization' {
  return isDeployment(baseUrl) ? 'api-key' : 'authorization';
}

function vendorNamed(id: string): Vendor {
  const vendor = [...vendors, otherVendor].find((candidate) => candidate.id === id);
  if (vendor !== undefined) return vendor;
  throw new ProviderError('PROVIDER_UNSUPPORTED', `OPENAI_VENDOR: there is no vendor ${JSON.stringify(id.slice(0, 80))}`, {
    hint: `known are ${vendors.map((known) => known.id).join(', ')}; other means that nothing is known of the server`,
  });
}
