/** The models of a provider: what the vendor says just now, else the embedded table. Pages are followed, bounded. */
import type { Fields, Transport } from '@sx/net';

import { joinUrl } from './base-url.ts';
import { callJson } from './call-json.ts';
import type { JsonValue } from './json.ts';
import { limits } from './limits.ts';
import type { Auth, Protocol, ProtocolContext } from './protocol.ts';
import type { ModelInfo } from './provider.ts';
import { isProviderError } from './provider-error.ts';

export interface ModelsEndpoint {
  /** Below the base URL, with its query: `/models?limit=1000`. */
  readonly path: string;
  /**
   * Lenient: entries without an id are left out. Throws nothing but `ProviderError`s and `JsonPathError`s. Few programs ask for
   * the list: its reader may be loaded here.
   */
  readonly parse: (body: JsonValue) => readonly ModelInfo[] | Promise<readonly ModelInfo[]>;
  /** The path of the page after this one. */
  readonly nextPath?: (body: JsonValue) => string | undefined;
  readonly fields?: Fields;
  /** Called with what the endpoint said, so that capabilities can follow it. */
  readonly onList?: (models: readonly ModelInfo[]) => void;
}

export interface ListModels {
  readonly endpoint: ModelsEndpoint | undefined;
  readonly table: readonly ModelInfo[];
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly extraFields: Fields | undefined;
  readonly transport: Transport;
  readonly auth: Auth;
  readonly protocol: Protocol;
  readonly context: ProtocolContext;
  readonly signal?: AbortSignal | undefined;
  readonly onFallback?: ((error: unknown) => void) | undefined;
  readonly redact?: ((text: string) => string) | undefined;
  readonly now?: (() => number) | undefined;
}

/** @throws {ProviderError} where the endpoint fails and there is no table, and after an abort. */
export async function listModels(options: ListModels): Promise<readonly ModelInfo[]> {
  const { endpoint, table } = options;
  if (endpoint === undefined) return table;
  try {
    const models = await readPages(endpoint, options);
    if (models.length === 0) return table;
    endpoint.onList?.(models);
    return models;
  } catch (error) {
    if (table.length === 0 || (isProviderError(error) && error.code === 'PROVIDER_ABORTED')) throw error;
    options.onFallback?.(error);
    return table;
  }
}

async function readPages(endpoint: ModelsEndpoint, options: ListModels): Promise<ModelInfo[]> {
  const models: ModelInfo[] = [];
  let path: string | undefined = endpoint.path;
  for (let page = 0; path !== undefined && page < limits.modelPagesMax; page++) {
    const { value }: { value: JsonValue | undefined } = await callJson({
      ...options,
      timeoutMs: limits.modelsTimeoutMs,
      request: {
        method: 'GET',
        url: joinUrl(options.baseUrl, path),
        fields: [['Accept', 'application/json'], ['User-Agent', options.userAgent], ...(endpoint.fields ?? [])],
      },
    });
    if (value === undefined) break;
    models.push(...(await endpoint.parse(value)));
    path = endpoint.nextPath?.(value);
  }
  return models;
}
