/** Where access tokens come from. Implemented by files, remote token servers and, outside this package, ssh. */

/** What the caller knows. */
export interface TokenRequest {
  /** The token that just got a 401. A source must not answer with it again without having tried to renew it. */
  readonly rejected?: string | undefined;
  /** Ends the waiting with `NET_ABORTED`; a renewal that others wait for goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** A token that can be sent now. */
export interface AccessToken {
  /** Secret. Visible ASCII. */
  readonly accessToken: string;
  /** The account that it is for, where the vendor has such; absent where nobody knows. */
  readonly accountId?: string | undefined;
  /** Epoch milliseconds; absent where nobody knows. */
  readonly expiresAtMs?: number | undefined;
  /** Where it came from, for messages: a path, a host, or `environment`. Never a secret. */
  readonly origin: string;
  /** The account lives on the vendor's government cloud, by the token's claims. Default false. */
  readonly fedramp?: boolean | undefined;
}

/** Where access tokens come from. */
export interface TokenSource {
  /** @throws {NetError} with a `NET_TOKEN_*` code, or the network's own. */
  get(request?: TokenRequest): Promise<AccessToken>;
}

/** Where a loaded secret is announced, so that nothing prints it: the redactor. */
export interface SecretSink {
  /** Masks the value from now on. */
  addSecret(value: string): void;
}
