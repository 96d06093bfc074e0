/** Every limit of the package, in one table. The unit is in the name. */
export const limits = {
  /** Repeats of one request, whatever failed. */
  retriesMax: 4,
  /** First wait between two attempts; doubled each time. */
  retryBaseDelayMs: 500,
  /** Longer waits are not waited for: the error says until when. */
  retryDelayMsMax: 60_000,
  /** Events without content that are held back while a request may still be repeated unseen. */
  heldEventsMax: 32,
  /** How long the rest of a body is read after the last event, so that its connection can be used again. */
  drainTimeoutMs: 100,
  /** How long the end of a body is waited for once the answer is there, in silence. */
  settleTimeoutMs: 1_000,
  /** Of an answer that is no stream: how much of it an error shows. */
  excerptCharsMax: 300,
  /** Of an error's own text, as the vendor wrote it. */
  errorTextCharsMax: 4_000,
  /** What had arrived of a response, as its error keeps it. */
  partialCharsMax: 256 * 1024,
  /** Bodies that are read whole: errors, lists of models. In bytes. */
  bufferedBodyBytesMax: 4 * 1024 * 1024,
  /** Reading such a body in sum. */
  bufferedBodyTimeoutMs: 30_000,
  modelsTimeoutMs: 5_000,
  modelPagesMax: 20,
} as const;
