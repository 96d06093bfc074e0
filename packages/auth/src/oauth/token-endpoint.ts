/**
 * One request to an OAuth endpoint (RFC 6749, sections 3.2 and 5), and its answer read and classed.
 *
 * In: URL, body, which of its values are secrets. Out: the JSON object of a 2xx, or an `OAuthFault` that says what went
 * wrong without a secret in it: issuers echo parameters in descriptions. `loginError` and `refreshError` turn a fault into what
 * the caller's caller expects. Redirects are not followed; plain text goes to loopback only.
 */
import type { HttpResponse, SecretSink, Transport } from '@sx/net';
import { fieldValue } from '@sx/net/fields';
import { isNetError, NetError, printable } from '@sx/net/net-error';
import { readText } from '@sx/net/read-body';
import { createRedactor } from '@sx/net/redact';
import { parseSecureUrl } from '@sx/net/token';
import { isObject, type JsonObject, parseJson, ProviderError, stringOr } from '@sx/llm/provider-kit';

import { type AuthLimits, defaultAuthLimits } from '../limits.ts';

/** What every flow needs from outside. */
export interface OAuthContext {
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
  /** Wall clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly redactor?: SecretSink | undefined;
  readonly limits?: Partial<AuthLimits> | undefined;
}

export interface TokenPost {
  readonly url: string;
  /** For messages: `code exchange`. */
  readonly what: string;
  readonly body: Readonly<Record<string, string>>;
  readonly encoding: 'json' | 'form';
  readonly fields?: readonly (readonly [string, string])[];
  readonly timeoutMs?: number;
  /** Any 2xx will do: revocation answers with nothing (RFC 7009, section 2.2). */
  readonly acceptsEmpty?: boolean;
}

/** The endpoint answered, but not with what was asked for. */
export class OAuthFault extends Error {
  override readonly name = 'OAuthFault';
  /** `error`: as OAuth says it, or a bare status; the others are answers by somebody who is no token endpoint. */
  readonly kind: 'error' | 'redirect' | 'html' | 'malformed';
  readonly status: number;
  /** From `error.code`, `error` or `code`. */
  readonly vendorCode: string | undefined;

  constructor(kind: OAuthFault['kind'], message: string, status: number, vendorCode?: string) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.vendorCode = vendorCode;
  }
}

/** @throws {OAuthFault} and {NetError} of the network. */
export async function postToEndpoint(post: TokenPost, context: OAuthContext): Promise<JsonObject> {
  const limits = { ...defaultAuthLimits, ...context.limits };
  const url = parseSecureUrl(post.url, post.what);
  const isJson = post.encoding === 'json';
  const deadline = AbortSignal.timeout(post.timeoutMs ?? limits.tokenRequestTimeoutMs);
  const signal = context.signal ? AbortSignal.any([context.signal, deadline]) : deadline;
  const request = {
    method: 'POST',
    url: url.href,
    fields: [
      ['Accept', 'application/json'],
      ['Content-Type', isJson ? 'application/json' : 'application/x-www-form-urlencoded'],
      ...(post.fields ?? []),
    ] as const,
    body: Buffer.from(isJson ? JSON.stringify(post.body) : new URLSearchParams(post.body).toString()),
  };
  try {
    const response = await context.transport.send(request, { signal });
    const text = await readText(response.body, limits.answerBytesMax);
    return readAnswer(post, url.host, response, text);
  } catch (error) {
    if (!deadline.aborted || context.signal?.aborted || error instanceof OAuthFault) throw error;
    throw new NetError(
      'NET_HEAD_TIMEOUT',
      `${post.what}: ${url.host} gave no answer in ${post.timeoutMs ?? limits.tokenRequestTimeoutMs} ms`,
      { where: url.host, cause: error },
    );
  }
}

function readAnswer(post: TokenPost, host: string, response: HttpResponse, text: string): JsonObject {
  const { status } = response;
  const where = `${post.what}: ${host}`;
  if (status >= 300 && status < 400) {
    throw new OAuthFault('redirect', `${where} redirects to ${redirectHost(response)}, which is not followed`, status);
  }
  const json = parseJson(text);
  if (status >= 200 && status < 300 && isObject(json)) return json;
  if (!isObject(json) && (/^text\/html\b/i.test(fieldValue(response.fields, 'content-type') ?? '') || /^\s*</.test(text))) {
    throw new OAuthFault('html', `${where} answered with a web page (status ${status})`, status);
  }
  if (status >= 200 && status < 300 && post.acceptsEmpty) return {};
  if (status < 300) {
    throw new OAuthFault(
      'malformed',
      `${where} answered with ${text.trim() === '' ? 'nothing' : 'something that is no JSON object'}`,
      status,
    );
  }
  const { code, description } = readError(json);
  // Issuers quote what they were sent: the code, the token.
  const said = [code, description].filter((part) => part !== undefined).join(': ');
  const words = createRedactor(Object.values(post.body)).redactText(said);
  throw new OAuthFault(
    'error',
    `${where} refused${words === '' ? '' : `: ${printable(words)}`} (status ${status})`,
    status,
    code,
  );
}

function readError(json: unknown): { readonly code: string | undefined; readonly description: string | undefined } {
  if (!isObject(json)) return { code: undefined, description: undefined };
  const { error } = json;
  const nested = isObject(error) ? error : {};
  return {
    code: stringOr(nested['code'], undefined) ?? stringOr(error, undefined) ?? stringOr(json['code'], undefined),
    description: stringOr(nested['message'], undefined) ?? stringOr(json['error_description'], undefined),
  };
}

function redirectHost(response: HttpResponse): string {
  const location = fieldValue(response.fields, 'location');
  return location !== undefined && URL.canParse(location) ? printable(new URL(location).host) : 'another path';
}

/** A login that failed, as the user is told. */
export function loginError(error: unknown): unknown {
  if (!(error instanceof OAuthFault)) return error;
  const details = {
    status: error.status,
    ...(error.vendorCode === undefined ? {} : { vendorCode: error.vendorCode }),
    cause: error,
  };
  switch (error.kind) {
    case 'redirect':
      return new ProviderError('PROVIDER_REDIRECT', error.message, details);
    case 'html':
      return new ProviderError('PROVIDER_NOT_API', error.message, {
        ...details,
        hint: 'a proxy, a firewall or a network login page may have answered',
      });
    case 'malformed':
      return new ProviderError('PROVIDER_MALFORMED_RESPONSE', error.message, details);
    case 'error':
      if (error.status >= 500 || error.status === 429) {
        return new ProviderError('PROVIDER_SERVER', error.message, { ...details, retryable: true });
      }
      return new ProviderError('PROVIDER_AUTHENTICATION', error.message, { ...details, hint: 'start the login again' });
    default:
      return error.kind satisfies never;
  }
}

const REFUSED_FOR_GOOD: Readonly<Record<string, string>> = {
  refresh_token_expired: 'the login has expired',
  refresh_token_reused: 'the login was renewed elsewhere: another program uses the same one',
  refresh_token_invalidated: 'the login was revoked',
  invalid_grant: 'the login is no longer valid',
};

/** A refresh that failed: for good (`NET_TOKEN_SIGNED_OUT`), or in passing (`NET_TOKEN_REFRESH`). */
export function refreshError(error: unknown): unknown {
  if (!(error instanceof OAuthFault)) return error;
  const reason = Object.hasOwn(REFUSED_FOR_GOOD, error.vendorCode ?? '') ? REFUSED_FOR_GOOD[error.vendorCode ?? ''] : undefined;
  const isClientFault = error.status === 400 || error.status === 401 || error.status === 403;
  if (error.kind === 'error' && (error.status === 401 || (isClientFault && reason !== undefined))) {
    return new NetError('NET_TOKEN_SIGNED_OUT', `${reason ?? 'the issuer refuses the login'}; sign in again`, {
      got: error.vendorCode ?? error.status,
      cause: error,
    });
  }
  return new NetError('NET_TOKEN_REFRESH', error.message, { got: error.status, hint: 'try again later', cause: error });
}

/** Whether the fault of a network is the user's own abort. */
export function isAbort(error: unknown): boolean {
  return isNetError(error) && error.code === 'NET_ABORTED';
}
