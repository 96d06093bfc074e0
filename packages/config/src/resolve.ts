/**
 * Lays the tiers over each other. Pure: tiers in, effective settings and warnings out.
 *
 * The highest tier that has a key sets it, also to the empty value, which hides what lies below; only an empty variable
 * of the OS environment counts as absent. A file that nobody trusts sets what `isHarmless` lets through; the rest of it
 * is named in one warning. Only values in effect are checked, so that a broken one can be overridden.
 */
import { ConfigError } from './config-error.ts';
import { keyRow, KEY_NAMES, KEYS, isKeyName, type KeyName } from './keys.ts';
import type { KeyRow } from './key.ts';
import { nearest } from './nearest-key.ts';
import { isHarmless, shownValue, valueFault } from './value.ts';

/** Low to high. */
export type TierName = 'built-in' | 'credentials' | 'executable' | 'user' | 'project' | 'project-directory' | 'profile' | 'environment' | 'command-line';

export interface Tier {
  readonly tier: TierName;
  /** Absolute path, for the tiers that are files. */
  readonly file?: string;
  readonly trusted: boolean;
  readonly entries: readonly { readonly key: string; readonly value: string; readonly line?: number }[];
}

/** One effective value and where it was set. */
export interface Setting {
  readonly value: string;
  readonly tier: TierName;
  readonly file?: string;
  readonly line?: number;
}

export interface Resolved {
  readonly settings: ReadonlyMap<KeyName, Setting>;
  /** One line each: unknown keys, ignored files. */
  readonly warnings: readonly string[];
}

export function builtInTier(): Tier {
  const rows: readonly KeyRow[] = KEYS;
  return { tier: 'built-in', trusted: true, entries: rows.flatMap((row) => (row.default === undefined ? [] : [{ key: row.name, value: row.default }])) };
}

/** Variables of the OS environment that the table knows; empty ones count as absent. */
export function environmentTier(environment: Readonly<Record<string, string | undefined>>): Tier {
  const rows: readonly KeyRow[] = KEYS;
  const entries = rows.flatMap((row) => {
    // curl's order: the lower-case name wins.
    const value = [...(row.environmentNames ?? []), row.name].map((name) => environment[name]).find((found) => found !== undefined && found !== '');
    return value === undefined ? [] : [{ key: row.name, value }];
  });
  return { tier: 'environment', trusted: true, entries };
}

/**
 * @param tolerant - A value that its key does not take is a warning, and the key then unset.
 * @throws {ConfigError} `CONFIG_BAD_VALUE` for the first effective value that its key does not take.
 */
export function resolveTiers(tiers: readonly Tier[], tolerant = false): Resolved {
  const settings = new Map<KeyName, Setting>();
  const warnings: string[] = [];
  for (const tier of tiers) {
    const ignored = new Set<string>();
    for (const { key, value, line } of tier.entries) {
      const origin = { value, tier: tier.tier, ...(tier.file === undefined ? {} : { file: tier.file }), ...(line === undefined ? {} : { line }) };
      if (!isKeyName(key)) warnings.push(unknownKeyWarning(key, origin));
      else if (keyRow(key).environmentOnly === true && tier.tier !== 'environment') warnings.push(`${whereOf(origin)}: ${key} counts only in the environment`);
      else if (!tier.trusted && !isHarmless(keyRow(key), value, settings.get(key)?.value)) ignored.add(key);
      else settings.set(key, origin);
    }
    if (ignored.size > 0) warnings.push(`${tier.file ?? tier.tier}: ignored ${[...ignored].join(', ')}: this file is not trusted (sx config trust)`);
  }
  for (const [name, setting] of settings) {
    const fault = settingFault(keyRow(name), setting);
    if (fault === undefined) continue;
    if (!tolerant) throw new ConfigError('CONFIG_BAD_VALUE', fault);
    warnings.push(fault);
    settings.delete(name);
  }
  return { settings, warnings };
}

function settingFault(row: KeyRow, setting: Setting): string | undefined {
  const fault = valueFault(row, setting.value);
  if (fault === undefined) return undefined;
  const got = row.secret !== undefined ? '' : `, got ${JSON.stringify(shownValue(row, setting.value).slice(0, 80))}`;
  return `${whereOf(setting)}: ${row.name}: ${fault}${got}`;
}

function unknownKeyWarning(key: string, origin: Setting): string {
  const near = nearest(key, KEY_NAMES);
  return `${whereOf(origin)}: unknown key ${key}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** For messages: `file:line`, or the tier's name. */
export function whereOf(setting: Setting): string {
  if (setting.file === undefined) return setting.tier === 'command-line' ? 'command line' : setting.tier;
  return setting.line === undefined ? setting.file : `${setting.file}:${setting.line}`;
}
