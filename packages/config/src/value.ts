/** What values mean, by the type of their key: checks, canonical forms, and how a value may be shown. */
import { fieldSecrets, fieldsFault, parseFields } from './fields.ts';
import type { KeyRow } from './key.ts';

const DECIMAL = /^\d{1,15}(?:\.\d{1,9})?$/;

/** Why a value is refused, as the end of a sentence; undefined where it is fine. The empty value always is: it unsets. */
export function valueFault(row: KeyRow, value: string): string | undefined {
  if (value === '') return undefined;
  const { type } = row;
  switch (type.kind) {
    case 'text':
    case 'path':
    case 'list':
      return undefined;
    case 'switch':
      return value === '0' || value === '1' ? undefined : 'expected 0 or 1';
    case 'integer': {
      const inRange = /^\d{1,15}$/.test(value) && Number(value) >= type.min && Number(value) <= type.max;
      return inRange ? undefined : `expected a whole number from ${type.min} to ${type.max}`;
    }
    case 'decimal': {
      const inRange = DECIMAL.test(value) && Number(value) >= type.min && Number(value) <= type.max;
      return inRange ? undefined : `expected a number from ${type.min} to ${type.max}`;
    }
    case 'price': {
      const figures = value.split('/');
      return figures.length >= 2 && figures.length <= 4 && figures.every((figure) => DECIMAL.test(figure)) ? undefined : 'expected input/output, in US dollars for a million tokens';
    }
    case 'choice':
      return canonicalChoice(row, value) === undefined ? `expected one of ${type.values.join(', ')}` : undefined;
    case 'fields':
      return fieldsFault(value);
    case 'url':
      return isUrl(value) ? undefined : 'expected an http: or https: URL without user and password';
    default: {
      const unknown: never = type;
      return unknown;
    }
  }
}

/** Aliases become the value they stand for; undefined where it is none of the choices. */
export function canonicalChoice(row: KeyRow, value: string): string | undefined {
  if (row.type.kind !== 'choice') return value;
  if (row.type.values.includes(value)) return value;
  const aliases = row.type.aliases ?? {};
  return Object.hasOwn(aliases, value) ? aliases[value] : undefined;
}

function isUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const parsed = new URL(value);
  return (parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.username === '' && parsed.password === '';
}

/** May a file that nobody trusts set this value, given what holds without the file? */
export function isHarmless(row: KeyRow, value: string, otherwise: string | undefined): boolean {
  if (row.trust !== 'any') return false;
  switch (row.narrows) {
    case undefined:
      return true;
    case 'off':
      return value === '0';
    case 'lower':
      return DECIMAL.test(value) && (otherwise === undefined || otherwise === '' || Number(value) <= Number(otherwise));
    default: {
      const unknown: never = row.narrows;
      return unknown;
    }
  }
}

const STARS = '********';
/** To the last `@`: a password in which `/` was not encoded makes no URL, and is one all the same. */
const USERINFO = /^((?:[a-z][a-z\d+.-]*:)?\/\/)?(.*)@/is;

/** For people: a secret as stars, whatever its length, so that not even that is told. */
export function shownValue(row: KeyRow, value: string): string {
  // A URL key takes no user and password; the message that says so must not quote them.
  if (row.secret === 'in-url' || row.type.kind === 'url') return value.replace(USERINFO, (_all, scheme: string | undefined) => `${scheme ?? ''}${STARS}@`);
  return row.secret === true && value !== '' ? STARS : value;
}

/** The parts of a value that must never be printed. */
export function secretsIn(row: KeyRow, value: string): string[] {
  if (row.type.kind === 'fields') return value === '' ? [] : [value, ...fieldSecrets(parseFields(value))];
  if (row.secret === true) return value === '' ? [] : [value];
  const userinfo = row.secret === 'in-url' ? USERINFO.exec(value)?.[2] : undefined;
  if (userinfo === undefined) return [];
  const password = userinfo.slice(userinfo.indexOf(':') + 1);
  return [userinfo, password, decoded(password)].filter((part) => part !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
