/** Effective settings as the program reads them: by name, by type, empty means unset. */
import { dirname, resolve } from 'node:path';

import { type FieldPair, parseFields } from './fields.ts';
import { expandHome } from './home.ts';
import { keyRow, type KeyName, KEY_NAMES } from './keys.ts';
import type { Setting } from './resolve.ts';
import { canonicalChoice, secretsIn } from './value.ts';

export interface Config {
  /** The value as it stands, with its source; the empty value included. */
  setting(name: KeyName): Setting | undefined;
  /** Undefined where unset or empty. Choices in their canonical form. */
  text(name: KeyName): string | undefined;
  /** On unless `0`; the empty value is on. */
  on(name: KeyName): boolean;
  integer(name: KeyName): number | undefined;
  decimal(name: KeyName): number | undefined;
  /** Members of a comma list; none where unset or empty. */
  list(name: KeyName): readonly string[];
  /** Fields of requests; none where unset or empty. */
  fields(name: KeyName): readonly FieldPair[];
  /** Absolute: `~/` expanded, relative to the file that set it, else to the working directory. */
  path(name: KeyName): string | undefined;
  /** All secrets in effect, passwords of proxy URLs included: for the redactor. */
  secrets(): readonly string[];
}

export interface ConfigPlaces {
  readonly userDirectory: string | undefined;
  readonly workingDirectory: string;
}

export function createConfig(settings: ReadonlyMap<KeyName, Setting>, places: ConfigPlaces): Config {
  const text = (name: KeyName): string | undefined => {
    const value = settings.get(name)?.value;
    return value === undefined || value === '' ? undefined : canonicalChoice(keyRow(name), value);
  };
  return {
    setting: (name) => settings.get(name),
    text,
    on: (name) => settings.get(name)?.value !== '0',
    integer(name) {
      const value = text(name);
      return value === undefined ? undefined : Number(value);
    },
    decimal(name) {
      const value = text(name);
      return value === undefined ? undefined : Number(value);
    },
    list: (name) => (text(name) ?? '').split(',').map((member) => member.trim()).filter((member) => member !== ''),
    fields: (name) => parseFields(text(name) ?? ''),
    path(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const file = settings.get(name)?.file;
      return resolve(file === undefined ? places.workingDirectory : dirname(file), expandHome(value, places.userDirectory));
    },
    secrets: () => KEY_NAMES.flatMap((name) => secretsIn(keyRow(name), settings.get(name)?.value ?? '')),
  };
}
