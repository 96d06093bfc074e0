/**
 * What an HTTP client over TLS is made of, and nothing that it may do without: an import of `@sx/net/client` loads half of what
 * the whole index does. Proxies, certificate authorities of one's own, wire traces and token sources have subpaths of their own,
 * or come from the index.
 */
export { createTransport, type TransportOptions } from './create-transport.ts';
export type { Field, Fields } from './fields.ts';
export { isNetError, NetError, type NetErrorCode } from './net-error.ts';
export { allowAll, allowOrigins, type EgressPolicy, loopbackOnly, type OriginRule } from './policy.ts';
export { readBytes, readJson, readText } from './read-body.ts';
export { createDialer, type DialerOptions } from './socket/dialer.ts';
export type { HttpBody, HttpRequest, HttpResponse, SendOptions, Transport } from './transport.ts';
