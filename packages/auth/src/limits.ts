/** Every limit and wait of the package, in one table. The unit is in the name. */
export interface AuthLimits {
  /** One request to a token endpoint, answer included. */
  readonly tokenRequestTimeoutMs: number;
  /** Revoking is a courtesy at logout: it must not hold the user up. */
  readonly revokeTimeoutMs: number;
  readonly answerBytesMax: number;
  /** How long a user may take for the browser. */
  readonly loginTimeoutMs: number;
  /** How long a user may take for the device code. */
  readonly deviceTimeoutMs: number;
  /** Where the issuer names no interval. */
  readonly devicePollIntervalMs: number;
  readonly devicePollIntervalMsMax: number;
  /** By how much an issuer that says `slow_down` lengthens the interval. */
  readonly deviceSlowDownMs: number;
  /** From a browser's connection to the end of its request head. */
  readonly loopbackRequestTimeoutMs: number;
  readonly loopbackConnectionsMax: number;
  /** How long the server stays to show the last page, once the login is done. */
  readonly loopbackLingerMs: number;
  readonly portRetriesMax: number;
  readonly portRetryMs: number;
  /** What a user pastes. */
  readonly pastedCharsMax: number;
}

export const defaultAuthLimits: AuthLimits = {
  tokenRequestTimeoutMs: 30_000,
  revokeTimeoutMs: 10_000,
  answerBytesMax: 256 * 1024,
  loginTimeoutMs: 5 * 60_000,
  deviceTimeoutMs: 15 * 60_000,
  devicePollIntervalMs: 5_000,
  devicePollIntervalMsMax: 60_000,
  deviceSlowDownMs: 5_000,
  loopbackRequestTimeoutMs: 10_000,
  loopbackConnectionsMax: 16,
  loopbackLingerMs: 2_000,
  portRetriesMax: 10,
  portRetryMs: 200,
  pastedCharsMax: 16 * 1024,
};
