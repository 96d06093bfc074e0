/**
 * Paths that no rule and no mode opens: credentials are not read, and what steers git, this program or a login shell is
 * not written. The user can still do all of it by hand.
 */
import { type PathPattern, compilePathPattern } from './path-pattern.ts';

export interface ProtectedPathOptions {
  /** Absolute. Absent: nothing below a home directory is known. */
  readonly home?: string | undefined;
  /** `SX_HOME`. */
  readonly stateDirectory?: string | undefined;
  /** Credential files from the configuration, absolute. */
  readonly credentialFiles?: readonly string[] | undefined;
  readonly workingDirectory: string;
}

export interface ProtectedPaths {
  /** Why the path is protected, or undefined. `name`: a shell command that may write names it. */
  reason(action: 'read' | 'edit' | 'name', path: string): string | undefined;
}

const CREDENTIALS_IN_HOME = [
  '.ssh', '.gnupg', '.netrc', '.pgpass', '.npmrc', '.pypirc', '.git-credentials', '.aws/credentials', '.aws/sso', '.azure', '.config/gcloud', '.config/gh/hosts.yml',
  '.docker/config.json', '.kube/config', '.codex/auth.json', '.claude/.credentials.json', '.gemini/oauth_creds.json', '.local/share/keyrings',
];
const START_FILES_IN_HOME = ['.bashrc', '.bash_profile', '.bash_login', '.profile', '.zshrc', '.zshenv', '.zprofile', '.gitconfig', '.config/git', '.config/autostart', '.config/systemd'];
/** The environment of this very process, and memory. */
const PROCESS_MEMORY = ['/proc/*/environ', '/proc/*/mem', '/proc/*/task/*/environ', '/proc/*/task/*/mem', '/proc/kcore'];
/** Devices; bash opens sockets at /dev/tcp. */
const SYSTEM = ['/proc', '/sys', '/dev'];
const CONFIGURATION = ['**/.git', '**/.scorpiox'];
/** May hold API keys. */
const ENV_FILE = '**/scorpiox-env.txt';

/** Absolute paths that may hold credentials, as far as they can be listed: what a sandbox hides. */
export function credentialPaths({ home, stateDirectory, credentialFiles = [], workingDirectory }: ProtectedPathOptions): string[] {
  return [
    ...(home === undefined ? [] : [...CREDENTIALS_IN_HOME.map((name) => `${home}/${name}`), `${home}/scorpiox-env.txt`]),
    `${workingDirectory}/scorpiox-env.txt`,
    ...(stateDirectory === undefined ? [] : [stateDirectory]),
    ...credentialFiles,
  ];
}

export function createProtectedPaths(options: ProtectedPathOptions): ProtectedPaths {
  // At the first question, which comes before any tool has run: most turns ask none, and resolving the links of home takes its time.
  let lists: PathLists | undefined;
  // `tool-output` is where whole outputs are kept for the model to read, so reading below the state directory stays open.
  const covers = (patterns: readonly PathPattern[], path: string): boolean => patterns.some((pattern) => pattern.covers(path));
  return {
    reason(action, path) {
      lists ??= compileLists(options);
      if (covers(lists.credentials, path)) return 'it may hold credentials';
      if (covers(lists.conversations, path)) return 'it holds what was said elsewhere';
      if (action === 'edit' && covers(lists.system, path)) return 'it is a system path';
      return action !== 'read' && covers(lists.steering, path) ? 'it configures git, the shell or this program' : undefined;
    },
  };
}

type PathLists = Readonly<Record<'credentials' | 'conversations' | 'system' | 'steering', readonly PathPattern[]>>;

function compileLists(options: ProtectedPathOptions): PathLists {
  const { home, stateDirectory, workingDirectory } = options;
  const compile = (paths: readonly string[]): PathPattern[] => paths.map((path) => compilePathPattern(path, { workingDirectory, home }));
  const inHome = (names: readonly string[]): string[] => (home === undefined ? [] : names.map((name) => `~/${name}`));
  const credentials = compile([
    ENV_FILE,
    ...PROCESS_MEMORY,
    ...inHome(CREDENTIALS_IN_HOME),
    ...(options.credentialFiles ?? []),
    ...(stateDirectory === undefined ? [] : [`${stateDirectory}/credentials`, `${stateDirectory}/scorpiox-env`]),
  ]);
  const conversations = compile(stateDirectory === undefined ? [] : [`${stateDirectory}/sessions`, `${stateDirectory}/history`]);
  const system = compile(SYSTEM);
  const steering = compile(
    [...CONFIGURATION, ...inHome(START_FILES_IN_HOME), ...(stateDirectory === undefined ? [] : [stateDirectory])],
  );
  return { credentials, conversations, system, steering };
}
