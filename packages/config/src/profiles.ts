/** Profiles: `scorpiox-env/<name>.txt`, laid whole over the other files. Copies of one name are never merged. */
import { ConfigError } from './config-error.ts';
import { configLimits } from './limits.ts';
import { nearest } from './nearest-key.ts';

export const PROFILE_DIRECTORY = 'scorpiox-env';

/** @throws {ConfigError} `CONFIG_UNKNOWN_PROFILE` for a name that no profile can have: separators, blanks, `..`, too long. */
export function checkProfileName(name: string): string {
  if (name.length >= configLimits.profileNameCharsMax || !/^[\x21-\x7e]+$/.test(name) || /[/\\]/.test(name) || name.includes('..')) {
    throw new ConfigError('CONFIG_UNKNOWN_PROFILE', `ACTIVE_PROFILE: ${JSON.stringify(name.slice(0, 80))} cannot be the name of a profile`, {
      hint: 'a name has no separators, blanks or "..", and is shorter than 64 characters',
    });
  }
  return name;
}

export function unknownProfile(name: string, existing: readonly string[]): ConfigError {
  const near = nearest(name, existing);
  const known = existing.length === 0 ? 'there are no profiles' : `profiles: ${existing.join(', ')}`;
  return new ConfigError('CONFIG_UNKNOWN_PROFILE', `no profile is called ${name}`, { hint: near === undefined ? known : `did you mean ${near}?` });
}

/**
 * Picks among the copies of one profile, highest tier first. A copy that nobody trusts does not hide one that somebody
 * does: else a cloned repository could replace the user's own settings by leaving them out.
 */
export function pickProfile<Copy extends { readonly trusted: boolean }>(copies: readonly Copy[]): Copy | undefined {
  return copies.find((copy) => copy.trusted) ?? copies[0];
}
