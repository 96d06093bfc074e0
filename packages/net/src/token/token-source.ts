/** Where access tokens come from. Implemented by files, remote token servers and, outside this package, ssh. */

export interface TokenRequest {
  /** The token that just got a 401. A source must not answer with it again without having tried to renew it. */
  readonly rejected?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AccessToken {
  readonly accessToken: string;
  readonly accountId?: string | undefined;
  /** Epoch milliseconds; absent where nobody knows. */
  readonly expiresAtMs?: number | undefined;
  /** Where it came from, for messages: a path, a host, or `environment`. Never a secret. */
  readonly origin: string;
  /** The account lives on the vendor's government cloud, by the token's claims. Default false. */
  readonly fedramp?: boolean | undefined;
}

export interface TokenSource {
  /** @throws {NetError} with a `NET_TOKEN_*` code, or the network's own. */
  get(request?: TokenRequest): Promise<AccessToken>;
}

/** Where a loaded secret is announced, so that nothing prints it: the redactor. */
export interface SecretSink {
  addSecret(value: string): void;
}
