/**
 * `known_hosts` files (sshd(8), “SSH_KNOWN_HOSTS FILE FORMAT”): which key a host may have.
 *
 * Lines are `[marker] hosts type base64 [comment]`. Hosts are a comma list of patterns with `*`, `?` and `!`, or one hashed name
 * (`|1|salt|hmac`). A port other than 22 is written `[host]:port`. `@revoked` keys are refused whatever else matches;
 * `@cert-authority` lines speak of certificates, which we do not accept, and are passed over. A line that cannot be read is passed over, as
 * OpenSSH does: it can only make a host unknown, never trusted.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface KnownHosts {
  /** Keys listed for the host, base64 blobs, with their types. */
  readonly keys: readonly { readonly type: string; readonly blob: string }[];
  readonly revoked: ReadonlySet<string>;
}

export function knownKeys(files: readonly string[], host: string, port: number): KnownHosts {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const keys: { type: string; blob: string }[] = [];
  const revoked = new Set<string>();
  for (const line of files.flatMap((text) => text.split('\n'))) {
    const words = line.trim().split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [hosts, type, blob] = words;
    if (hosts === undefined || type === undefined || blob === undefined || hosts.startsWith('#')) continue;
    if (marker === '@revoked' && (hosts === '*' || matchesHosts(hosts, name))) revoked.add(blob);
    else if (marker === undefined && matchesHosts(hosts, name)) keys.push({ type, blob });
  }
  return { keys, revoked };
}

function matchesHosts(list: string, name: string): boolean {
  if (list.startsWith('|1|')) return matchesHashed(list, name);
  let matched = false;
  for (const pattern of list.split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern((negated ? pattern.slice(1) : pattern).toLowerCase(), name.toLowerCase())) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, keyed by the salt. The algorithm is the format's, not ours. */
function matchesHashed(entry: string, name: string): boolean {
  const [, , salt = '', hash = ''] = entry.split('|');
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** `*` and `?` only. Iterative, so that a hostile pattern costs no more than length times length. */
function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] === text[t] && pattern[p] !== '*'))) {
      p += 1;
      t += 1;
    } else if (pattern[p] === '*') {
      star = p;
      mark = t;
      p += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
