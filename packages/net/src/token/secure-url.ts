/**
 * The URL of a request that carries or fetches a credential: `https:`, or plain text to this machine alone.
 *
 * Stricter than the transport: `ALLOW_PLAIN_HTTP` opens other hosts for models, never for logins.
 */
import { NetError } from '../net-error.ts';
import { isLoopbackHost } from '../policy.ts';

/** @throws {NetError} `NET_BAD_URL`, `NET_PLAIN_HTTP_REFUSED`. No message quotes more than the host. */
export function parseSecureUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new NetError('NET_BAD_URL', `${what}: not an https: URL`, { where: what });
  }
  if (url.username !== '' || url.password !== '') {
    throw new NetError('NET_BAD_URL', `${what}: the URL holds a user name or password`, { where: what });
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new NetError('NET_PLAIN_HTTP_REFUSED', `${what}: credentials never travel in plain text to ${url.host}`, {
      where: url.host,
      hint: 'use https:',
    });
  }
  return url;
}
