/**
 * Access tokens from a credential file on another host: any of the three shapes, read by `cat` over SSH when one is needed.
 *
 * When that is, and why the token is never renewed from here, stands in net's `fetched-token-source.ts`. `expires_in` counts
 * from the moment of reading: when the file was written is not known.
 */
import type { FetchedCredential, SecretSink, TokenSource, TokenTimings } from '@sx/net';
import { NetError, printable } from '@sx/net/net-error';
import { createFetchedTokenSource, readCredential } from '@sx/net/token';

import { readFileOverSsh, type SshOptions } from './read-file-over-ssh.ts';

export interface SshTokenSourceOptions extends Omit<SshOptions, 'signal'> {
  /** Of the file, there. A leading `~/` is that user's home directory. */
  readonly path: string;
  /** Wall clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly redactor?: SecretSink | undefined;
  readonly timings?: Partial<TokenTimings> | undefined;
}

/**
 * @throws {NetError} from `get`: `NET_SSH_*`, the dialer's own, `NET_TOKEN_MALFORMED`, `NET_TOKEN_MISSING`, `NET_TOKEN_EXPIRED`,
 *   `NET_TOKEN_SIGNED_OUT`.
 */
export function createSshTokenSource(options: SshTokenSourceOptions): TokenSource {
  const { path, user, host, password, redactor, now = Date.now, timings } = options;
  const origin = printable(`${user}@${host}:${path}`);
  if (password !== undefined) redactor?.addSecret(password);
  const fetch = async (): Promise<FetchedCredential> => {
    const text = decodeText(await readFileOverSsh(path, options), origin);
    return { credential: readCredential(text, origin, now()) };
  };
  return createFetchedTokenSource({ origin, fetch, hint: `sign in again on ${printable(host)}`, now, redactor, timings });
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NetError('NET_TOKEN_MALFORMED', `${where}: not UTF-8`, { where });
  }
}
