/**
 * OpenAI Codex with a ChatGPT login: the Responses protocol at the ChatGPT backend, with a bearer token and its account.
 *
 * Who we say we are is `sx`, and every part of it can be changed, because the server opens some models only to clients of
 * a certain name and version; its refusal then names the keys.
 */
import { bearer } from '@sx/auth/bearer';
import {
  type DefinedProvider, defineProvider, type ModelCapabilities, ProviderError, type ProviderOptions, toBaseUrl,
  toProviderContext,
} from '@sx/llm/provider-kit';
import type { TokenSource } from '@sx/net';
import { isLite, responses } from '@sx/protocols/openai-responses';

import { CLIENT_VERSION, codexAliases, codexModels } from './models.ts';
import { createTurnState } from './turn-state.ts';

export { codexAliases, codexModels } from './models.ts';

export const CODEX_BASE_URL = 'https://chatgpt.com/backend-api/codex';

export interface CodexOptions extends ProviderOptions {
  readonly tokenSource: TokenSource;
  /** Default `https://chatgpt.com/backend-api/codex`; `/codex` and `/responses` may be missing or present. */
  readonly baseUrl?: string | undefined;
  /** Default `sx`. */
  readonly originator?: string | undefined;
  /** `X.Y.Z`. Where given it is sent as `version`; where not, only the list of models is asked for with a default. */
  readonly clientVersion?: string | undefined;
  /** Name → wire id, over the defaults. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

const LIST = 'sx models codex lists what is offered';
const LITE_FIELD = 'x-openai-internal-codex-responses-lite';

export function createCodexProvider(options: CodexOptions): DefinedProvider {
  const { redactor, clientVersion, originator = 'sx' } = options;
  const turnState = createTurnState();
  /** By model: what the endpoint said, and where it turned out to be wrong about the lite form. */
  const listed = new Map<string, ModelCapabilities>();
  const withoutLite = new Set<string>();
  const table = new Map(codexModels.map((model) => [model.id, model.capabilities]));
  const capabilities = (model: string): ModelCapabilities => {
    const known = listed.get(model) ?? table.get(model) ?? { documentInput: false };
    return withoutLite.has(model) ? plainForm(known) : known;
  };
  const baseUrl = toCodexBaseUrl(options.baseUrl ?? CODEX_BASE_URL);
  const protocol = responses({ dialect: 'codex', now: options.now });
  const auth = bearer(options.tokenSource, {
    redactor,
    fields: ({ accountId, fedramp }) => [
      ...(accountId === undefined ? [] : [['ChatGPT-Account-ID', accountId] as const]),
      ...(fedramp === true ? [['X-OpenAI-Fedramp', 'true'] as const] : []),
    ],
  });
  const context = toProviderContext(options);
  const define = defineProvider({
    id: 'codex',
    protocol,
    endpoint: { baseUrl, path: '/responses' },
    auth,
    capabilities,
    aliases: { ...codexAliases, ...options.aliases },
    models: {
      table: codexModels,
      endpoint: {
        path: `/models?client_version=${encodeURIComponent(clientVersion ?? CLIENT_VERSION)}`,
        fields: [['originator', originator]],
        parse: async (body) => (await import('./parse-models.ts')).parseCodexModels(body),
        onList: (models) => {
          for (const model of models) listed.set(model.id, model.capabilities);
        },
      },
    },
    fields: (request, context) => [
      ['originator', originator],
      ['session-id', request.sessionId],
      ['thread-id', request.sessionId],
      ...(clientVersion === undefined ? [] : [['version', clientVersion] as const]),
      ...(isLite(context.capabilities) ? [[LITE_FIELD, 'true'] as const] : []),
      ...turnState.fields(request),
    ],
    quirks: {
      onHead: (_, fields, request) => turnState.store(fields, request),
      toError: sayGate,
      repair(error, { request, capabilities: used }) {
        if (!isLite(used) || error.status !== 400 || !/responses-lite|reasoning\.context/i.test(error.message)) return undefined;
        withoutLite.add(request.model);
        return { capabilities: plainForm(used) };
      },
    },
  });
  const provider = define(context);
  return {
    ...provider,
    account: async ({ signal } = {}) => {
      const { readAccount } = await import('./account.ts');
      const { transport, userAgent, extraFields, now } = options;
      const call = { transport, auth, protocol, context: { origin: provider.originOf(''), capabilities: {} }, redact: context.redact };
      return readAccount(baseUrl, [['User-Agent', userAgent], ['originator', originator]], { ...call, extraFields, signal, now });
    },
  };
}

/** A trailing slash, `/codex` or `/codex/responses` may be there or not. */
export function toCodexBaseUrl(text: string): string {
  const base = toBaseUrl(text, { key: 'CODEX_API_URL', withoutVersion: '/responses' });
  return base.endsWith('/codex') ? base : `${base}/codex`;
}

function plainForm({ extra, ...known }: ModelCapabilities): ModelCapabilities {
  return { ...known, extra: { ...extra, useResponsesLite: false } };
}

/** Refusals that are about who asks, not about what is asked. */
function sayGate(error: ProviderError): ProviderError {
  const keys = 'CODEX_USER_AGENT, CODEX_ORIGINATOR and CODEX_CLIENT_VERSION change what is sent';
  const tooOld = error.status === 400 && /newer version of codex/i.test(error.message);
  const said = `${error.message} ${error.vendorCode ?? ''}`;
  if (tooOld || (error.status === 404 && /model.{0,20}not found|model_not_found/i.test(said))) {
    const why = tooOld ? 'the server wants a newer client for this model' : 'the server does not offer this model to this client';
    return new ProviderError('PROVIDER_CLIENT_REFUSED', `${why}: ${error.message}`, {
      ...detailsOf(error),
      hint: `${keys}; ${LIST}`,
    });
  }
  if (error.status === 400 && /not supported when using codex/i.test(error.message)) {
    return new ProviderError('PROVIDER_NOT_FOUND', error.message, { ...detailsOf(error), hint: LIST });
  }
  return error;
}

function detailsOf({ provider, status, requestId, vendorCode }: ProviderError) {
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(vendorCode === undefined ? {} : { vendorCode }),
  };
}
