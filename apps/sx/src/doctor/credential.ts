/**
 * Whether there is something to sign in with, and where; never what it is. Nothing is sent, fetched or renewed: a remote source is
 * named, and the way to its server is walked like the provider's.
 */
import { statSync } from 'node:fs';

import { configLimits, isKeyName, type KeyName, readFileOnce, whereOf } from '@sx/config';
import { isNetError, NetError, readCredential } from '@sx/net';

import { credentialFiles } from '../compose/credential-files.ts';
import { isOAuthProviderId } from '../compose/oauth-provider.ts';
import { PROVIDERS, type ProviderId } from '../providers.ts';
import type { Settings } from '../settings.ts';
import { type Check, failedCheck } from './check.ts';

const NAME = 'credential';
/** Servers of these protocols run without a key as well. */
const MAY_TAKE_NONE: ReadonlySet<string> = new Set(['openai', 'router']);
const SOON_MS = 5 * 60_000;

export function checkCredential(id: ProviderId, settings: Settings, nowMs: number): Check {
  const { config } = settings;
  const keys: readonly KeyName[] = PROVIDERS[id].credentialKeys;
  const key = keys.find((name) => config.text(name) !== undefined);
  const setting = key === undefined ? undefined : config.setting(key);
  if (key !== undefined && setting !== undefined) return { name: NAME, state: 'ok', detail: `${key} is set (${whereOf(setting)})` };
  const sourceKey = `${id.toUpperCase()}_TOKEN_SOURCE`;
  const source = isKeyName(sourceKey) ? config.text(sourceKey) : undefined;
  if (source === 'remote' || source === 'ssh') return { name: NAME, state: 'ok', detail: `${sourceKey}=${source}: fetched when it is needed, and not by this command` };
  // A stored key is the lowest tier of its key, so a provider with a key has none here.
  if (isOAuthProviderId(id)) return checkFiles(id, credentialFiles(settings, id), keys, nowMs);
  const missing = `${keys.join(' and ')} ${keys.length === 1 ? 'is' : 'are'} unset`;
  if (MAY_TAKE_NONE.has(id)) return { name: NAME, state: 'ok', detail: `${missing}: fine where the server takes no key` };
  return failedCheck(NAME, new NetError('NET_TOKEN_MISSING', missing), { hints: [`set ${keys.join(' or ')}`] });
}

function checkFiles(id: ProviderId, files: readonly string[], keys: readonly KeyName[], nowMs: number): Check {
  for (const file of files) {
    try {
      const content = readFileOnce(file, configLimits.fileBytesMax);
      if (content !== undefined) return describe(file, Buffer.from(content.bytes).toString('utf8'), nowMs);
    } catch (error) {
      return failedCheck(NAME, error);
    }
  }
  const set = keys.length === 0 ? [] : [`set ${keys.join(' or ')}`];
  return failedCheck(NAME, new NetError('NET_TOKEN_MISSING', `no ${id} login found: ${files.length === 0 ? 'there is no place to look' : files.join(', ')}`), { hints: set });
}

function describe(file: string, text: string, nowMs: number): Check {
  const { mtimeMs, mode } = statSync(file);
  const open = (mode & 0o077) === 0 ? [] : [`others on this machine can read ${file}: chmod 600`];
  try {
    const { expiresAtMs, refreshToken } = readCredential(text, file, mtimeMs);
    const renewable = refreshToken === undefined ? 'cannot be renewed' : 'can be renewed';
    const expiry = expiresAtMs === undefined ? 'says no expiry' : expiresAtMs < nowMs ? `expired ${span(nowMs - expiresAtMs)} ago` : `expires in ${span(expiresAtMs - nowMs)}`;
    const detail = `${file}, ${expiry}, ${renewable}`;
    if (refreshToken === undefined && expiresAtMs !== undefined && expiresAtMs < nowMs) {
      return failedCheck(NAME, new NetError('NET_TOKEN_EXPIRED', detail, { hint: 'sign in again' }), { hints: open });
    }
    const soon = refreshToken === undefined && expiresAtMs !== undefined && expiresAtMs - nowMs < SOON_MS;
    return { name: NAME, state: soon || open.length > 0 ? 'note' : 'ok', detail, ...(open.length > 0 ? { hints: open } : {}) };
  } catch (error) {
    if (isNetError(error)) return failedCheck(NAME, error);
    throw error;
  }
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']];

export function span(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1_000, 's'];
  return `${Math.round(ms / size)} ${name}`;
}
