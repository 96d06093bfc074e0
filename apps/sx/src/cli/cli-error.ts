/** What can be wrong between the user's call and the run, as one class with a closed set of codes. */
export const CLI_ERROR_CODES = [
  'CLI_UNKNOWN_FLAG',
  /** A flag of another command. */
  'CLI_MISPLACED_FLAG',
  'CLI_MISSING_VALUE',
  'CLI_UNEXPECTED_VALUE',
  'CLI_BAD_VALUE',
  'CLI_UNKNOWN_COMMAND',
  'CLI_TOO_MANY_ARGUMENTS',
  'CLI_MISSING_ARGUMENT',
  'CLI_EMPTY_PROMPT',
  'CLI_NOT_UTF8',
  'CLI_INPUT_TOO_LARGE',
  'CLI_INPUT_TIMEOUT',
  /** A line of `--input-format stream-json`. */
  'CLI_BAD_INPUT',
  'CLI_BAD_DIRECTORY',
  'CLI_BAD_MEDIA',
  /** `--json-schema` that cannot be read or is no JSON. */
  'CLI_BAD_SCHEMA',
  /** `--effort` that the model does not take. */
  'CLI_BAD_EFFORT',
  'CLI_NOT_INTERACTIVE',
  /** `PROVIDER` is unset and the router has no URL. */
  'CLI_NO_PROVIDER',
  /** A provider of the table that this version does not have. */
  'CLI_PROVIDER_UNAVAILABLE',
  /** A provider whose login is its vendor's own. */
  'CLI_NO_LOGIN',
  /** The editor of `sx config edit` could not be run, or ended badly. */
  'CLI_EDITOR_FAILED',
  'CLI_OUTPUT_FILE',
  /** Under a package manager's life-cycle script. */
  'CLI_BYPASS_REFUSED',
  /** `SANDBOX=bwrap` where it does not work. */
  'CLI_NO_SANDBOX',
] as const;

export type CliErrorCode = (typeof CLI_ERROR_CODES)[number];

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  /** What the user can do about it, as lines. */
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, details: { readonly hint?: string | undefined; readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}
