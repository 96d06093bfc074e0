/** Faults of the network and of token sources, as `ProviderError`s with the fault as their cause. */
import { isNetError, type NetError, type NetErrorCode } from '@sx/net/net-error';

import { isProviderError, ProviderError, type ProviderErrorCode } from './provider-error.ts';

/** Another try may go better. Whatever is not here was refused, by us or by the server's rules, and would be again. */
const PASSING: ReadonlySet<NetErrorCode> = new Set<NetErrorCode>([
  'NET_DNS', 'NET_CONNECT', 'NET_CONNECT_TIMEOUT', 'NET_TLS_TIMEOUT', 'NET_HEAD_TIMEOUT', 'NET_IDLE_TIMEOUT', 'NET_WRITE_TIMEOUT',
  'NET_RESET', 'NET_CLOSED', 'NET_CLOSED_BEFORE_RESPONSE', 'NET_TRUNCATED_HEAD', 'NET_TRUNCATED_BODY', 'NET_PROXY_CONNECT',
]);

/** Whatever was thrown on the way, as a `ProviderError`; what is none of ours is a defect and stays as it is. */
export function toProviderError(error: unknown): unknown {
  if (isProviderError(error) || !isNetError(error)) return error;
  if (error.code === 'NET_ABORTED') return new ProviderError('PROVIDER_ABORTED', 'the request was aborted', { cause: error });
  if (error.code.startsWith('NET_TOKEN_')) return wrap('PROVIDER_AUTHENTICATION', error, false);
  // The body's framing did not end: the stream was cut, whatever the text looks like.
  if (error.code === 'NET_TRUNCATED_BODY') return wrap('PROVIDER_TRUNCATED_STREAM', error, true);
  return wrap('PROVIDER_TRANSPORT', error, PASSING.has(error.code));
}

function wrap(code: ProviderErrorCode, cause: NetError, retryable: boolean): ProviderError {
  return new ProviderError(code, cause.message, { cause, retryable, ...(cause.hint === undefined ? {} : { hint: cause.hint }) });
}

export function abortedError(cause?: unknown): ProviderError {
  return new ProviderError('PROVIDER_ABORTED', 'the request was aborted', { cause });
}
