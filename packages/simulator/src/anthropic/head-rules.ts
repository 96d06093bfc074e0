/** Rules for the head: one kind of credential, a version, JSON. */
import type { TokenStore } from '../oauth/token-store.ts';
import type { Exchange } from '../server/exchange.ts';
import { anthropicRefusal, invalid } from './failures.ts';

const VERSIONS = ['2023-06-01', '2026-10-21'];
const OAUTH_BETA = 'oauth-2025-04-20';

export interface AnthropicHead {
  readonly version: string;
  readonly betas: readonly string[];
}

export function readBetas(headers: Readonly<Record<string, string>>): string[] {
  return (headers['anthropic-beta'] ?? '').split(',').map((beta) => beta.trim()).filter((beta) => beta !== '');
}

/** An API key in `x-api-key`, or an OAuth token as a bearer with its beta; never both. */
export function checkCredential({ headers }: Exchange, apiKey: string, store: TokenStore): void {
  const key = headers['x-api-key'];
  const authorization = headers['authorization'];
  if (key !== undefined && authorization !== undefined) {
    throw anthropicRefusal('authentication_error', 'simulator: x-api-key and Authorization at once');
  }
  if (key !== undefined) {
    if (key !== apiKey) throw anthropicRefusal('authentication_error', 'invalid x-api-key');
    return;
  }
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) throw anthropicRefusal('authentication_error', 'x-api-key header is required');
  if (!readBetas(headers).includes(OAUTH_BETA)) {
    throw anthropicRefusal('authentication_error', 'OAuth authentication is currently not supported.');
  }
  const state = store.state(token);
  if (state === 'expired') {
    throw anthropicRefusal(
      'authentication_error',
      'OAuth token has expired. Please obtain a new token or refresh your existing token.',
    );
  }
  if (state !== 'valid') throw anthropicRefusal('authentication_error', 'Invalid bearer token');
}

export function readHead({ headers, method }: Exchange): AnthropicHead {
  const version = headers['anthropic-version'];
  if (version === undefined) throw invalid('anthropic-version: header is required');
  if (!VERSIONS.includes(version)) throw invalid(`anthropic-version: "${version}" is not a valid version`);
  if (method === 'POST' && !(headers['content-type'] ?? '').startsWith('application/json')) {
    throw invalid('content-type: must be application/json');
  }
  return { version, betas: readBetas(headers) };
}
