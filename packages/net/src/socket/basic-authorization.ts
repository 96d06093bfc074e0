import type { ProxyCredentials } from './proxy-server.ts';

/** The value of `Proxy-Authorization` (RFC 7617), or undefined without credentials. */
export function basicAuthorization(credentials: ProxyCredentials | undefined): string | undefined {
  if (credentials === undefined) return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`, 'utf8').toString('base64')}`;
}
