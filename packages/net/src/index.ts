export { type Decoder, decode, pipe } from './decoder.ts';
export { type Deadlines, defaultDeadlines, defaultLimits, type Limits } from './limits.ts';
export { type Field, type Fields, fieldTokens, fieldValue, fieldValues } from './fields.ts';
export { isNetError, NET_ERROR_CODES, NetError, type NetErrorCode, type NetErrorDetails, printable } from './net-error.ts';
export type { HttpBody, HttpRequest, HttpResponse, SendOptions, Transport } from './transport.ts';
export type { Dialed, Dialer, DialOptions, DialTarget, EgressRefusal } from './socket/dialer-contract.ts';
export type { ServerSentEvent } from './sse/server-sent-event.ts';
export type { AccessToken, TokenRequest, TokenSource } from './token/token-source.ts';
