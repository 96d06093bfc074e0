/**
 * A bearer token (RFC 6750) from a token source, as the auth of a provider.
 *
 * `apply` asks the source for each request: the source knows what is fresh. After a 401 `renew` names the rejected token
 * to the source, which re-reads, then refreshes, then gives up; it is called once per request. What the source cannot give
 * becomes `PROVIDER_AUTHENTICATION` with the source's own words; faults of the network on the way stay `NetError`s.
 */
import type { AccessToken, HttpRequest, SecretSink, TokenRequest, TokenSource } from '@sx/net';
import { type Fields, fieldValue } from '@sx/net/fields';
import { isNetError } from '@sx/net/net-error';
import { type Auth, ProviderError } from '@sx/llm/provider-kit';

import { withFields } from './request-fields.ts';

export interface BearerOptions {
  /** Fields that depend on the token beside `Authorization`: the account's id, for instance. */
  readonly fields?: ((token: AccessToken) => Fields) | undefined;
  readonly redactor?: SecretSink | undefined;
}

const SCHEME = 'Bearer ';

export function bearer(source: TokenSource, options: BearerOptions = {}): Auth {
  let lastApplied: string | undefined;
  const get = async (request: TokenRequest): Promise<AccessToken> => {
    const token = await source.get(request).catch((error: unknown) => {
      throw toProviderError(error);
    });
    options.redactor?.addSecret(token.accessToken);
    return token;
  };
  return {
    async apply(request, { signal }) {
      const token = await get({ signal });
      lastApplied = token.accessToken;
      return withFields(request, [['Authorization', `${SCHEME}${token.accessToken}`], ...(options.fields?.(token) ?? [])]);
    },
    async renew({ signal, rejected: request }) {
      const rejected = tokenOf(request) ?? lastApplied;
      if (rejected === undefined) return false;
      return (await get({ rejected, signal })).accessToken !== rejected;
    },
  };
}

function tokenOf(request: HttpRequest | undefined): string | undefined {
  const value = fieldValue(request?.fields ?? [], 'authorization');
  return value?.startsWith(SCHEME) ? value.slice(SCHEME.length) : undefined;
}

function toProviderError(error: unknown): unknown {
  if (!isNetError(error) || !error.code.startsWith('NET_TOKEN_')) return error;
  return new ProviderError('PROVIDER_AUTHENTICATION', error.message, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
