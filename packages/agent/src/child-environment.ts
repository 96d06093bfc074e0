/**
 * The environment that child processes get: ours minus every secret.
 *
 * A name goes when the configuration marks it secret, or when it looks like one. Exceptions (`SHELL_ENV_ALLOW`) win over
 * the looks of a name, not over a key that the configuration marks secret: those are our own credentials.
 */
export interface ChildEnvironmentOptions {
  /** What the program itself was started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keys that the configuration marks secret. */
  readonly secretKeys: readonly string[];
  /** Secrets by value: a variable that holds one goes, whatever its name. */
  readonly secretValues?: readonly string[];
  /** Names that may pass although they look like a secret. */
  readonly exceptions?: readonly string[];
}

/** Parts of a name between underscores that make it a secret. */
const SECRET_WORDS = new Set([
  'KEY', 'KEYS', 'APIKEY', 'ACCESSKEY', 'PRIVATEKEY', 'TOKEN', 'TOKENS', 'SECRET', 'SECRETS', 'PASS', 'PASSWD', 'PASSWORD', 'PASSPHRASE', 'PWD',
  'CREDENTIAL', 'CREDENTIALS', 'AUTH', 'AUTHORIZATION', 'COOKIE', 'JWT', 'PAT', 'DSN',
]);

function looksSecret(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    upper.split('_').some((word) => SECRET_WORDS.has(word)) ||
    ['KEY', 'TOKEN', 'SECRET'].some((end) => upper.endsWith(end)) ||
    ['PASSWD', 'PASSWORD', 'CREDENTIAL'].some((part) => upper.includes(part))
  );
}

/** These look like secrets and are none. */
const PLAIN_NAMES: ReadonlySet<string> = new Set(['PWD', 'OLDPWD', 'SSH_AUTH_SOCK', 'XAUTHORITY', 'TERM_SESSION_ID']);
/** Shorter values would take innocent variables with them. */
const SECRET_VALUE_CHARS_MIN = 8;

export function createChildEnvironment(options: ChildEnvironmentOptions): Record<string, string> {
  const secretKeys = new Set(options.secretKeys.map((key) => key.toUpperCase()));
  const exceptions = new Set(options.exceptions ?? []);
  const values = (options.secretValues ?? []).filter((value) => value.length >= SECRET_VALUE_CHARS_MIN);
  const isSecret = (name: string, value: string): boolean =>
    secretKeys.has(name.toUpperCase()) ||
    values.some((secret) => value.includes(secret)) ||
    (looksSecret(name) && !PLAIN_NAMES.has(name) && !exceptions.has(name)) ||
    // A URL with a password in it: HTTP_PROXY, DATABASE_URL.
    (value.includes('@') && /^[A-Za-z][\w+.-]*:\/\/[^/?#\s]*:[^/?#\s]*@/.test(value) && !exceptions.has(name));
  return Object.fromEntries(
    Object.entries(options.environment).flatMap(([name, value]) => (value === undefined || isSecret(name, value) ? [] : [[name, value]])),
  );
}
