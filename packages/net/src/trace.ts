import type { DialTarget } from './socket/dialer-contract.ts';

/** What the socket layer tells a wire trace. */
export interface WireTrace {
  /** A new connection is wanted. */
  dialing(request: number, target: DialTarget): void;
  dialed(request: number, connectionId: number, facts: { readonly remoteAddress: string; readonly tlsVersion: string | undefined }): void;
  dialFailed(request: number, code: string): void;
  /** Bytes as the application's protocol has them: after TLS. Read at once, not kept. */
  bytes(connectionId: number, request: number, direction: 'sent' | 'received', bytes: Uint8Array): void;
  closed(connectionId: number, reason: string): void;
}
