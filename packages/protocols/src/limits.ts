/** Every limit of the package, in one table. The unit is in the name. What arrives is bounded by `@sx/net` already, event by event. */
export const limits = {
  /** Items (blocks, parts, calls) of one response. */
  itemsMax: 4_096,
  /** JSON of one response that is kept for replay, in sum. */
  keptCharsMax: 128 * 1024 * 1024,
  /** Nesting of arguments that come in pieces. */
  argsDepthMax: 64,
  /** References within references, where a schema must do without. */
  schemaReferencesMax: 16,
  /** A vendor's own text in an error. */
  errorTextCharsMax: 4_000,
  /** Families of rate limits that one head may report. */
  rateLimitFamiliesMax: 16,
  /** Reasons that a server gives for what it took out of a request, in one warning. */
  removalReasonsMax: 3,
} as const;
