/**
 * Whether somebody wants plain lines of every command. `SCREEN_READER` counts in the environment alone: what is drawn first is
 * drawn before any file is read. Empty means unset.
 */
import type { Invocation } from './invocation.ts';

export function wantsLines({ environment }: Pick<Invocation, 'environment'>): boolean {
  return !['', '0'].includes(environment['SCREEN_READER'] ?? '');
}
