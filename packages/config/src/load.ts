/**
 * Finds the files of every tier, reads each once, decides which are trusted, and resolves them.
 *
 * built-in < stored API keys < beside the executable < `SX_HOME` < project root, then its `.scorpiox/` < profile < OS environment
 * < `-e` and flags. The project root is the nearest directory upwards with a `.git`, else the working directory. A file that is
 * two tiers at once (the home directory as project) counts as the lower one, the user's own. Nothing here reads `process.env`:
 * what the process knows is passed in.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isConfigError } from './config-error.ts';
import { type Config, createConfig } from './config.ts';
import { findHome, type Home } from './home.ts';
import { configLimits } from './limits.ts';
import { type EnvEntry, parseEnvFile } from './parse.ts';
import { checkProfileName, pickProfile, PROFILE_DIRECTORY, unknownProfile } from './profiles.ts';
import { readFileOnce } from './read-file.ts';
import { builtInTier, environmentTier, resolveTiers, type Tier, type TierName } from './resolve.ts';
import { readStoredKeys } from './stored-keys.ts';
import { isOwnFile, isTrusted, parseTrustRecords, type TrustRecords } from './trust.ts';

export const ENV_FILE = 'scorpiox-env.txt';

export interface LoadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly homedir: () => string;
  /** Only for the built executable: the directory it lies in. */
  readonly executableDirectory?: string | undefined;
  readonly userId?: number | undefined;
  /** Read nothing of the project: neither its files nor its profiles. Default false. */
  readonly withoutProject?: boolean | undefined;
  /** `-e KEY=VALUE` and flags, in order. */
  readonly overrides?: readonly { readonly key: string; readonly value: string }[];
  /** For whoever is about to repair it: what is wrong in a file or a value is a warning, and does not count. Default false. */
  readonly tolerant?: boolean;
}

export interface ConfigFile {
  readonly tier: TierName;
  readonly path: string;
  readonly exists: boolean;
  readonly trusted: boolean;
}

export interface Loaded {
  readonly config: Config;
  readonly home: Home;
  readonly projectRoot: string;
  /** Every place that was looked at, low to high. */
  readonly files: readonly ConfigFile[];
  readonly trust: TrustRecords;
  readonly warnings: readonly string[];
}

interface Candidate extends ConfigFile {
  readonly entries: readonly EnvEntry[];
}

/** @throws {ConfigError} any code but `CONFIG_NOT_WRITABLE` and `CONFIG_UNKNOWN_KEY`. */
export function loadConfig(options: LoadOptions): Loaded {
  const home = findHome(options.environment, options.homedir);
  const projectRoot = findProjectRoot(options.workingDirectory);
  const trust = readTrustRecords(home.stateDirectory);
  const directories = tierDirectories(options, home, projectRoot);
  const faults: string[] = [];
  const files = directories.map(
    ({ tier, directory }) => orAbsent(
      tier,
      join(directory, ENV_FILE),
      options.tolerant === true ? faults : undefined,
      (path) => readCandidate(tier, path, options, trust),
    ),
  );

  const fileTiers = files.map(toTier);
  const environment = environmentTier(options.environment);
  const overrides: Tier = { tier: 'command-line', trusted: true, entries: options.overrides ?? [] };
  const stored = readStoredKeys(home.stateDirectory, options.userId);
  const base = [builtInTier(), ...stored.tiers, ...fileTiers];
  const withoutProfile = [...base, environment, overrides];
  const name = resolveTiers(withoutProfile, options.tolerant).settings.get('ACTIVE_PROFILE')?.value ?? '';
  const profile = name === '' ? undefined : profileOf(name, directories, options, trust, faults);
  const tiers = profile === undefined ? withoutProfile : [...base, toTier(profile), environment, overrides];
  const resolved = resolveTiers(tiers, options.tolerant);
  return {
    config: createConfig(resolved.settings, { userDirectory: home.userDirectory, workingDirectory: options.workingDirectory }),
    home,
    projectRoot,
    // Without their entries: whoever lists the files does not list what is in them.
    files: [...files, ...(profile === undefined ? [] : [profile])].map(
      ({ tier, path, exists, trusted }) => ({ tier, path, exists, trusted }),
    ),
    trust,
    warnings: [...faults, ...stored.warnings, ...resolved.warnings],
  };
}

export function findProjectRoot(workingDirectory: string): string {
  for (let directory = workingDirectory; ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return directory;
    if (dirname(directory) === directory) return workingDirectory;
  }
}

export function readTrustRecords(stateDirectory: string | undefined): TrustRecords {
  if (stateDirectory === undefined) return new Map();
  const file = readFileOnce(join(stateDirectory, 'trust.jsonl'), configLimits.trustFileBytesMax);
  return parseTrustRecords(file === undefined ? '' : Buffer.from(file.bytes).toString('utf8'));
}

/** Directories that may hold an env file and profiles, low to high. */
function tierDirectories(options: LoadOptions, home: Home, projectRoot: string): { tier: TierName; directory: string }[] {
  const all: { tier: TierName; directory: string | undefined }[] = [
    { tier: 'executable', directory: options.executableDirectory },
    { tier: 'user', directory: home.stateDirectory },
    { tier: 'project', directory: options.withoutProject === true ? undefined : projectRoot },
    { tier: 'project-directory', directory: options.withoutProject === true ? undefined : join(projectRoot, '.scorpiox') },
  ];
  const seen = new Set<string>();
  return all.flatMap(({ tier, directory }) => {
    if (directory === undefined || seen.has(realPath(directory))) return [];
    seen.add(realPath(directory));
    return [{ tier, directory }];
  });
}

function readCandidate(tier: TierName, path: string, options: LoadOptions, trust: TrustRecords, profileOf?: TierName): Candidate {
  const file = readFileOnce(path, configLimits.fileBytesMax);
  const trusted = file !== undefined && isTrustedIn(profileOf ?? tier, realPath(path), file, options, trust);
  // The file beside the executable is not there for us unless it is ours: anybody may write into /tmp or a shared bin.
  if (file === undefined || ((profileOf ?? tier) === 'executable' && !trusted)) {
    return { tier, path, exists: file !== undefined, trusted: false, entries: [] };
  }
  return { tier, path, exists: true, trusted, entries: parseEnvFile(file.bytes, path) };
}

/** @param faults - Where to say what is wrong with a file, instead of throwing it. */
function orAbsent(tier: TierName, path: string, faults: string[] | undefined, read: (path: string) => Candidate): Candidate {
  try {
    return read(path);
  } catch (error) {
    if (faults === undefined || !isConfigError(error)) throw error;
    faults.push(error.message);
    return { tier, path, exists: true, trusted: false, entries: [] };
  }
}

type Read = NonNullable<ReturnType<typeof readFileOnce>>;

function isTrustedIn(tier: TierName, path: string, file: Read, options: LoadOptions, trust: TrustRecords): boolean {
  if (tier === 'executable') return isOwnFile(file.owner, options.userId);
  return tier === 'user' || isTrusted(trust, path, file.bytes);
}

function profileOf(
  name: string,
  directories: readonly { tier: TierName; directory: string }[],
  options: LoadOptions,
  trust: TrustRecords,
  faults: string[],
): Candidate | undefined {
  try {
    return findProfile(name, directories, options, trust);
  } catch (error) {
    if (options.tolerant !== true || !isConfigError(error)) throw error;
    faults.push(error.message);
    return undefined;
  }
}

function findProfile(
  name: string,
  directories: readonly { tier: TierName; directory: string }[],
  options: LoadOptions,
  trust: TrustRecords,
): Candidate {
  checkProfileName(name);
  const places = directories.filter(({ tier }) => tier !== 'project').toReversed();
  const copies = places.map(
    ({ tier, directory }) => readCandidate('profile', join(directory, PROFILE_DIRECTORY, `${name}.txt`), options, trust, tier),
  );
  const picked = pickProfile(copies.filter((copy) => copy.exists));
  if (picked === undefined) throw unknownProfile(name, places.flatMap(({ directory }) => listProfiles(directory)));
  return picked;
}

/** Names of the profiles in one tier's directory. */
export function listProfiles(directory: string): string[] {
  try {
    return readdirSync(join(directory, PROFILE_DIRECTORY))
      .filter((file) => file.endsWith('.txt'))
      .map((file) => file.slice(0, -'.txt'.length))
      .sort();
  } catch {
    return [];
  }
}

function toTier(candidate: Candidate): Tier {
  return { tier: candidate.tier, file: candidate.path, trusted: candidate.trusted, entries: candidate.entries };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
