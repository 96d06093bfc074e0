/**
 * What can be wrong with the configuration, as one class with a closed set of codes.
 *
 * The message names file and line, or the tier where there is no file; a value is shown only where its key is no secret.
 */
export const CONFIG_ERROR_CODES = [
  /** A line that is neither blank, nor a comment, nor `KEY=VALUE`. */
  'CONFIG_BAD_LINE',
  /** A value that its key does not take. */
  'CONFIG_BAD_VALUE',
  /** A file, line, key or value beyond the limits of this package. */
  'CONFIG_TOO_LARGE',
  'CONFIG_NOT_UTF8',
  /** The file is there, but cannot be read. */
  'CONFIG_UNREADABLE',
  'CONFIG_NOT_WRITABLE',
  /** `ACTIVE_PROFILE` names a profile that no directory has, or that is no possible name. */
  'CONFIG_UNKNOWN_PROFILE',
  /** The key does not exist, where one must: `sx config set`. */
  'CONFIG_UNKNOWN_KEY',
  /** `SX_HOME` is not an absolute path. */
  'CONFIG_BAD_HOME',
] as const;

export type ConfigErrorCode = (typeof CONFIG_ERROR_CODES)[number];

const MARK = Symbol.for('@sx/config.ConfigError');

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  /** What a user can do about it. */
  readonly hint: string | undefined;
  readonly [MARK] = true;

  constructor(code: ConfigErrorCode, message: string, details: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

export function isConfigError(value: unknown): value is ConfigError {
  return typeof value === 'object' && value !== null && MARK in value;
}
