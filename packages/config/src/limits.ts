/** Every limit of the package. The original allowed 512 characters a value; an access token is longer than that. */
export const configLimits = {
  fileBytesMax: 256 * 1024,
  linesMax: 5_000,
  keyCharsMax: 64,
  valueBytesMax: 8 * 1024,
  profileNameCharsMax: 64,
  /** Fields of requests in one value. */
  fieldsMax: 32,
  trustFileBytesMax: 4 * 1024 * 1024,
  /** Edit distance beyond which a name is not worth suggesting. */
  nearestDistanceMax: 3,
} as const;
