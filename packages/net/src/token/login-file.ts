/**
 * The credential file of one login: found, read, checked and announced, each time anew.
 *
 * The first candidate that exists is the one, broken or not: a broken login is to be told, not passed over for another. A file
 * that is empty or cut is read again, because vendors' tools truncate and write theirs in place.
 */
import { setTimeout as delay } from 'node:timers/promises';

import type { TokenTimings } from '../limits.ts';
import { isNetError, NetError, printable } from '../net-error.ts';
import { type Credential, readCredential } from './credential.ts';
import { type CredentialFile, readCredentialFile } from './credential-file.ts';
import type { RefreshedCredential } from './credential-update.ts';
import type { SecretSink } from './token-source.ts';

export interface LoginFileOptions {
  readonly files: readonly string[];
  readonly provider: string;
  readonly signInHint?: string | undefined;
  readonly redactor?: SecretSink | undefined;
}

export interface Login {
  readonly file: CredentialFile;
  readonly credential: Credential;
  /** As configured, for messages. */
  readonly where: string;
}

type ReadTimings = Pick<TokenTimings, 'tornReadRetryMs' | 'tornReadRetriesMax'>;

export class LoginFile {
  readonly #options: LoginFileOptions;
  readonly #timings: ReadTimings;

  constructor(options: LoginFileOptions, timings: ReadTimings) {
    this.#options = options;
    this.#timings = timings;
  }

  async load(): Promise<Login> {
    for (const path of this.#options.files) {
      const loaded = await this.#read(path);
      if (loaded) return loaded;
    }
    const places = this.#options.files.map((path) => printable(path)).join(', ');
    throw new NetError('NET_TOKEN_MISSING', `no ${this.#options.provider} login found: ${places || 'no file is configured'}`, {
      where: this.#options.provider,
      hint: this.#options.signInHint ?? `sign in to ${this.#options.provider}`,
    });
  }

  /** The same file as before, of the same account. */
  async reload(before: Login): Promise<Login> {
    const loaded = await this.#read(before.file.path, before.where);
    if (!loaded) {
      throw new NetError('NET_TOKEN_MISSING', `${before.where}: the file has been removed`, {
        where: before.where,
        hint: 'sign in again',
      });
    }
    const account = before.credential.accountId;
    if (account !== undefined && loaded.credential.accountId !== undefined && account !== loaded.credential.accountId) {
      throw new NetError('NET_TOKEN_ACCOUNT', `${before.where}: another account has signed in here meanwhile`, {
        where: before.where,
        hint: 'start again to use the other account',
      });
    }
    return loaded;
  }

  async #read(path: string, where = printable(path)): Promise<Login | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const file = await readCredentialFile(path);
        if (!file) return undefined;
        const credential = readCredential(file.text, where, file.modifiedMs);
        this.announce(credential);
        return { file, credential, where };
      } catch (error) {
        // The vendor's tool truncates and writes: what is broken now may be whole in a moment.
        const torn = isNetError(error) && error.code === 'NET_TOKEN_MALFORMED';
        if (!torn || attempt >= this.#timings.tornReadRetriesMax) throw error;
        await delay(this.#timings.tornReadRetryMs);
      }
    }
  }

  /** Before anything can go wrong with them. */
  announce({ accessToken, refreshToken, idToken }: RefreshedCredential): void {
    for (const secret of [accessToken, refreshToken, idToken]) {
      if (secret !== undefined) this.#options.redactor?.addSecret(secret);
    }
  }
}
