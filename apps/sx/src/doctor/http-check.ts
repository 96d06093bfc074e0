/**
 * The last step of the way: one request without credential and without body, and what its answer tells.
 *
 * In: the head of a response. Out: checks. An API that asks for a credential has answered, so 401 is as good as 200. What does not
 * come from an API is told apart by what it looks like: a redirect, an HTML page with a good status, a gateway's 502 to 504, a
 * network that wants a log-in (511). The server's `Date` shows how far this machine's clock is off. Pure.
 */
import { fieldValue, type HttpResponse } from '@sx/net';
import { ProviderError } from '@sx/llm';

import { type Check, failedCheck } from './check.ts';
import { span } from './credential.ts';

const CLOCK_SKEW_MS_MAX = 60_000;

export type ResponseHead = Pick<HttpResponse, 'status' | 'reason' | 'fields'>;

export interface HttpCircumstances {
  /** `GET https://…`. */
  readonly request: string;
  readonly url: string;
  readonly urlKey: string | undefined;
  readonly elapsedMs: number;
}

export function checkResponse(head: ResponseHead, circumstances: HttpCircumstances): Check {
  const { elapsedMs, request, urlKey } = circumstances;
  const type = (fieldValue(head.fields, 'content-type') ?? 'no content type').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const seen = `${[head.status, head.reason].join(' ').trim()}, ${type}`;
  const named = urlKey === undefined ? [] : [`${urlKey} names this server`];
  const fault = faultOf(head, type, circumstances);
  if (fault !== undefined) return failedCheck('http', fault, { elapsedMs, hints: named });
  const isRefusalPage = type === 'text/html' && (head.status === 401 || head.status === 403 || head.status >= 500);
  return {
    name: 'http',
    state: isRefusalPage ? 'note' : 'ok',
    elapsedMs,
    detail: `${seen} to ${request}, without credential`,
    ...(isRefusalPage ? { hints: ['an HTML page, which an API seldom sends: if requests fail, a proxy or gateway on the way may block them'] } : {}),
  };
}

function faultOf({ status, fields }: ResponseHead, type: string, { url }: HttpCircumstances): ProviderError | undefined {
  const { host } = new URL(url);
  if (status === 407) return new ProviderError('PROVIDER_NOT_API', `the proxy before ${host} asks for a user name and password (407)`, { status, hint: "write them into the proxy's URL: http://user:password@host:port" });
  if (status === 511) return new ProviderError('PROVIDER_NOT_API', `this network wants a log-in before it lets anything through (511)`, { status, hint: 'open a web page in a browser on this machine and sign in' });
  if (status >= 300 && status < 400 && status !== 304) {
    return new ProviderError('PROVIDER_REDIRECT', `${host} redirects to ${redirectHost(fieldValue(fields, 'location'), url)} (${status}); redirects are never followed`, {
      status,
      hint: 'a log-in page of this network (captive portal), or not the base URL of the API',
    });
  }
  if (status >= 200 && status < 300 && type === 'text/html') {
    return new ProviderError('PROVIDER_NOT_API', `${host} answers with an HTML page (${status}) where an API would answer with JSON`, {
      status,
      hint: 'a log-in page of this network (captive portal), or not the base URL of the API',
    });
  }
  if (status >= 502 && status <= 504) return new ProviderError('PROVIDER_SERVER', `a gateway before ${host}, or the server itself, is out of order (${status})`, { status, hint: 'try again later' });
  return undefined;
}

function redirectHost(location: string | undefined, base: string): string {
  if (location === undefined || !URL.canParse(location, base)) return 'nowhere';
  return new URL(location, base).host;
}

/** Half of the way there and back is the best guess when the server looked at its clock. */
export function checkClock(head: ResponseHead, sentAtMs: number, receivedAtMs: number): Check | undefined {
  const serverMs = Date.parse(fieldValue(head.fields, 'date') ?? '');
  if (Number.isNaN(serverMs)) return undefined;
  // `Date` has whole seconds, cut off.
  const offMs = (sentAtMs + receivedAtMs) / 2 - (serverMs + 500);
  const apart = `${(Math.abs(offMs) / 1_000).toFixed(0)} s`;
  if (Math.abs(offMs) <= CLOCK_SKEW_MS_MAX) return { name: 'clock', state: 'ok', detail: `${apart} apart from the server's` };
  return {
    name: 'clock',
    state: 'note',
    detail: `this machine's clock is ${span(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} the server's`,
    hints: ['set the clock: certificates and tokens are judged by it'],
  };
}
