/**
 * A response that is no stream, as an error. What every vendor has in common is decided here: redirects, HTML pages,
 * answers that are neither. The rest is the protocol's.
 */
import type { HttpResponse } from '@sx/net';
import { type Fields, fieldValue } from '@sx/net/fields';
import { isNetError, printable } from '@sx/net/net-error';
import { readText } from '@sx/net/read-body';

import { parseJson } from './json.ts';
import { limits } from './limits.ts';
import type { Protocol, ProtocolContext } from './protocol.ts';
import { amendError, ProviderError } from './provider-error.ts';
import { retryAfterMs, shouldRetry } from './retry-after.ts';

export interface ResponseSource {
  /** URL of the request, for messages: its host only is shown. */
  readonly url: string;
  readonly nowMs: number;
}

/** True for an event stream, and for a 200 that does not say what it is: the decoder judges that. */
export function isEventStream(response: HttpResponse): boolean {
  const mediaType = mediaTypeOf(response.fields);
  return response.status === 200 && (mediaType === '' || mediaType === 'text/event-stream');
}

/** Reads the body, bounded in bytes and time, and says what the response means. */
export async function toResponseError(
  response: HttpResponse,
  protocol: Protocol,
  context: ProtocolContext,
  source: ResponseSource,
): Promise<ProviderError> {
  const { status, fields } = response;
  if (status >= 300 && status < 400) {
    response.body.cancel();
    return redirectError(status, fields, source.url);
  }
  const text = await readErrorText(response);
  const error = /^\s*(?:<!doctype html|<html|<head|<\?xml|<!--)/i.test(text) || mediaTypeOf(fields) === 'text/html'
    ? pageError(status, fields, text, source.url)
    : status === 200 && parseJson(text) === undefined
      ? noStreamError(fields, text, source.url)
      : protocol.toError({ status, fields, text, nowMs: source.nowMs }, context);
  // What is used up stays used up, whatever a proxy says.
  const spent = error.code === 'PROVIDER_USAGE_LIMIT' || error.code === 'PROVIDER_QUOTA';
  const retryable = spent ? false : (shouldRetry(fields) ?? error.retryable);
  const delayMs = error.retryAfterMs ?? retryAfterMs(fields, source.nowMs);
  const requestId = error.requestId ?? requestIdOf(fields);
  return amendError(error, {
    status,
    retryable,
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

/** The id that support asks for, under the names that vendors and their edges use. */
export function requestIdOf(fields: Fields): string | undefined {
  for (const name of ['x-request-id', 'request-id', 'x-oai-request-id', 'x-generation-id', 'cf-ray']) {
    const value = fieldValue(fields, name);
    if (value !== undefined && value !== '') return printable(value);
  }
  return undefined;
}

/** Text from outside as an error shows it: no control characters, one line, bounded. */
export function excerpt(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim(), limits.excerptCharsMax);
}

function mediaTypeOf(fields: Fields): string {
  return (fieldValue(fields, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the server';
}

async function readErrorText(response: HttpResponse): Promise<string> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    response.body.cancel();
  }, limits.bufferedBodyTimeoutMs);
  try {
    return await readText(response.body, limits.bufferedBodyBytesMax);
  } catch (error) {
    // The status says more than a body that is cut or too large; an abort must stay an abort.
    if (isNetError(error) && (late || error.code !== 'NET_ABORTED')) return '';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function redirectError(status: number, fields: Fields, url: string): ProviderError {
  const location = fieldValue(fields, 'location') ?? '';
  const target = URL.canParse(location, url) ? new URL(location, url).host : 'nowhere that can be read';
  const to = target === hostOf(url) ? `another path of ${target}` : target;
  const message = `${hostOf(url)} answered ${status} and points to ${to}; redirects are not followed`;
  return new ProviderError('PROVIDER_REDIRECT', message, {
    status,
    hint: `if ${target} is the right server, configure it as the base URL`,
  });
}

function pageError(status: number, fields: Fields, text: string, url: string): ProviderError {
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1];
  const ray = fieldValue(fields, 'cf-ray');
  const details = [title === undefined ? '' : `titled "${excerpt(title)}"`, ray === undefined ? '' : `cf-ray ${printable(ray)}`];
  const named = details.filter((detail) => detail !== '').join(', ');
  const blocked = status === 403 && /cloudflare/i.test(text) && /blocked|challenge|attention required/i.test(text);
  const what = blocked ? 'Cloudflare, before the server, blocked the request with' : `${hostOf(url)} answered ${status} with`;
  const message = `${what} an HTML page${named === '' ? '' : ` (${named})`}`;
  if (status >= 500) return new ProviderError('PROVIDER_SERVER', message, { status, retryable: true });
  return new ProviderError('PROVIDER_NOT_API', message, {
    status,
    hint: blocked
      ? 'the network or region may be blocked; another network, or a proxy, may help'
      : 'is the base URL right, and is there a proxy or a log-in page of the network in between?',
  });
}

function noStreamError(fields: Fields, text: string, url: string): ProviderError {
  const mediaType = mediaTypeOf(fields);
  const kind = mediaType === '' ? 'nothing of a known type' : printable(mediaType);
  return new ProviderError(
    'PROVIDER_MALFORMED_RESPONSE',
    `${hostOf(url)} answered 200 with ${kind} where a stream was asked for: ${text === '' ? 'an empty body' : excerpt(text)}`,
    { status: 200 },
  );
}
