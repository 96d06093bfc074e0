/**
 * API keys that a login stored: `credentials/<provider>.json` in the state directory, `{"api_key":"…"}`.
 *
 * They are the lowest tier above the defaults, so that whatever is set on purpose wins. A file that cannot be used is a
 * warning and not an error: the key of one provider must not stand in the way of another.
 */
import { join } from 'node:path';

import { isConfigError } from './config-error.ts';
import type { KeyRow } from './key.ts';
import { KEYS } from './keys.ts';
import { configLimits } from './limits.ts';
import { readFileOnce } from './read-file.ts';
import type { Tier } from './resolve.ts';

export const CREDENTIALS_DIRECTORY = 'credentials';

/** The providers whose API key a login can store, and the key of the table that it stands for. */
export const LOGIN_KEYS: ReadonlyMap<string, KeyRow> = new Map(
  KEYS.flatMap((row: KeyRow) => (row.login === undefined ? [] : [[row.login, row] as const])),
);

export function storedKeyFile(stateDirectory: string, provider: string): string {
  return join(stateDirectory, CREDENTIALS_DIRECTORY, `${provider}.json`);
}

export function storedKeyText(apiKey: string): string {
  return `${JSON.stringify({ api_key: apiKey }, null, 2)}\n`;
}

export interface StoredKeys {
  readonly tiers: readonly Tier[];
  readonly warnings: readonly string[];
}

export function readStoredKeys(stateDirectory: string | undefined, userId: number | undefined): StoredKeys {
  const tiers: Tier[] = [];
  const warnings: string[] = [];
  for (const [provider, row] of stateDirectory === undefined ? [] : LOGIN_KEYS) {
    const file = storedKeyFile(stateDirectory ?? '', provider);
    const found = readStoredKey(file, userId);
    if (found === undefined) continue;
    if ('fault' in found) warnings.push(`${file}: ignored: ${found.fault}`);
    else tiers.push({ tier: 'credentials', file, trusted: true, entries: [{ key: row.name, value: found.apiKey }] });
  }
  return { tiers, warnings };
}

function readStoredKey(
  file: string,
  userId: number | undefined,
): { readonly apiKey: string } | { readonly fault: string } | undefined {
  try {
    const content = readFileOnce(file, configLimits.fileBytesMax);
    if (content === undefined) return undefined;
    const { uid, mode } = content.owner;
    if (userId !== undefined && (mode & 0o077) !== 0) return { fault: 'other users may read or change it (chmod 600)' };
    if (userId !== undefined && uid !== 0 && uid !== userId && userId !== 0) return { fault: 'it belongs to another user' };
    const apiKey = apiKeyOf(Buffer.from(content.bytes).toString('utf8'));
    return apiKey === undefined ? { fault: 'it is not {"api_key":"…"}; sign in again' } : { apiKey };
  } catch (error) {
    return { fault: isConfigError(error) ? error.message : 'it cannot be read' };
  }
}

/** The message of `JSON.parse` is dropped: it quotes the text, which is a secret. */
function apiKeyOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const key = typeof value === 'object' && value !== null && 'api_key' in value ? value.api_key : undefined;
    return typeof key === 'string' && /^[\x21-\x7e]+$/.test(key) && key.length <= configLimits.valueBytesMax ? key : undefined;
  } catch {
    return undefined;
  }
}
