/** Whether a text can be the API key of a provider. It is not asked whether it is valid: that only the provider knows. */

/** Local servers take keys such as `sk-1234`. Below this nothing could be masked. */
export const KEY_CHARS_MIN = 4;
export const KEY_CHARS_MAX = 4_096;

/** Prefixes that belong to one vendor, so that a key in the wrong place is noticed before it is sent to a stranger. */
const VENDOR_PREFIXES: readonly (readonly [prefix: string, provider: string])[] = [
  ['sk-ant-', 'anthropic'],
  ['AIza', 'gemini'],
  ['sk-proj-', 'openai'],
];

/** Why it is refused, as the end of a sentence without any part of the key; undefined where it may be one. */
export function keyFault(provider: string, key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (/^[A-Z][A-Z0-9_]*=/.test(key)) return 'it begins with a name and =: only the key itself is wanted';
  if (/^bearer\s/i.test(key)) return 'it begins with "Bearer": only the key itself is wanted';
  if (/^["'`]|["'`]$/.test(key)) return 'it is in quotes: only the key itself is wanted';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'it has blanks, line breaks or characters that no key has';
  if (key.length < KEY_CHARS_MIN) return `it has ${key.length} characters; no key is that short`;
  if (key.length > KEY_CHARS_MAX) return `it has ${key.length} characters; the limit is ${KEY_CHARS_MAX}`;
  if (key.startsWith('sk-ant-oat')) return 'it is the token of a Claude subscription, not an API key';
  // Compatible servers and routers take keys of any make.
  if (provider === 'openai' || provider === 'router') return undefined;
  const owner = VENDOR_PREFIXES.find(([prefix]) => key.startsWith(prefix))?.[1];
  return owner === undefined || owner === provider ? undefined : `it looks like a key of ${owner}`;
}
