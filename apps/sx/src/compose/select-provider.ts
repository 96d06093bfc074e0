/** Which provider answers: `PROVIDER`, else an error that says what there is to choose from. */
import { existsSync } from 'node:fs';

import { canonicalChoice, type KeyName, keyRow } from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import { isProviderId, PROVIDERS, type ProviderId, type ProviderRow } from '../providers.ts';
import type { Settings } from '../settings.ts';
import { credentialFiles } from './credential-files.ts';

/** @throws {CliError} `CLI_NO_PROVIDER`, `CLI_PROVIDER_UNAVAILABLE`. */
export function selectProvider(settings: Settings, asked?: string): ProviderId {
  const { config } = settings;
  const wanted = asked === undefined ? config.text('PROVIDER') : (canonicalChoice(keyRow('PROVIDER'), asked) ?? asked);
  if (asked === undefined && config.setting('PROVIDER')?.tier === 'built-in' && config.text('ROUTER_URL') === undefined) throw noProvider(settings);
  if (wanted !== undefined && isProviderId(wanted)) return wanted;
  throw new CliError('CLI_PROVIDER_UNAVAILABLE', wanted === undefined ? 'PROVIDER is empty' : `this version has no provider ${JSON.stringify(wanted.slice(0, 80))}`, {
    hint: `it has ${Object.keys(PROVIDERS).join(', ')}`,
  });
}

function noProvider(settings: Settings): CliError {
  const found = foundCredentials(settings);
  const hint =
    found.length === 0
      ? ['no credential was found for any other', 'with ChatGPT: sx login codex, then PROVIDER=codex; with an API key: sx login anthropic, gemini or openai']
      : found.map(({ id, where }) => `${id}: ${where} was found; ${selectingLine(id)}`);
  return new CliError('CLI_NO_PROVIDER', 'no provider is chosen: PROVIDER is unset, and the router has no ROUTER_URL', { hint: hint.join('\n') });
}

function selectingLine(id: ProviderId): string {
  if (id === 'router') return 'ROUTER_URL=https://… in scorpiox-env.txt or the environment selects it';
  return `PROVIDER=${id} in scorpiox-env.txt or the environment selects it, or --provider ${id}`;
}

/** Providers of this version with a credential that exists, and where; whether it is any good is not looked at. */
export function foundCredentials(settings: Settings): { id: ProviderId; where: string }[] {
  return Object.entries(PROVIDERS).flatMap(([id, row]) => {
    if (!isProviderId(id)) return [];
    const { credentialKeys, serverKeys = [] }: ProviderRow = row;
    const isOwn = (key: KeyName): boolean => settings.config.text(key) !== undefined && settings.config.setting(key)?.tier !== 'built-in';
    const where = [...credentialKeys, ...serverKeys].find(isOwn) ?? credentialFiles(settings, id).find((file) => existsSync(file));
    return where === undefined ? [] : [{ id, where }];
  });
}
