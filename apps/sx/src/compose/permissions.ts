/** What the model's tools may do: mode and rules from flags, from `SX_HOME/permissions.txt`, and from the project's. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';

import {
  createPermissions,
  createProtectedPaths,
  parseRule,
  parseRules,
  type PermissionMode,
  type PermissionRule,
  type Permissions,
  resolveLinks,
  splitRules,
} from '@sx/agent';
import { configLimits, isTrusted, readFileOnce } from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { installScript } from './install-script.ts';

/** In the user's `SX_HOME` and in the project's `.scorpiox`. */
export const RULES_FILE = 'permissions.txt';
const MODES: readonly PermissionMode[] = ['default', 'accept-edits', 'plan', 'bypass'];

/** @throws {CliError} `CLI_BAD_VALUE` where the flags contradict each other. */
export function permissionMode(args: Arguments): PermissionMode {
  const asked = MODES.find((mode) => mode === args.value('permission-mode'));
  if (!args.on('dangerously-skip-permissions')) return asked ?? 'default';
  if (asked === undefined || asked === 'bypass') return 'bypass';
  throw new CliError('CLI_BAD_VALUE', `--dangerously-skip-permissions and --permission-mode ${asked} contradict each other`);
}

/** @throws {CliError} `CLI_BYPASS_REFUSED`: a package that is being installed must not drive an agent that asks for nothing. */
function allowedMode(mode: PermissionMode, environment: Invocation['environment'], { config }: Settings): PermissionMode {
  const script = mode === 'bypass' ? installScript(environment) : undefined;
  const excepted = config.setting('BYPASS_IN_SCRIPTS')?.tier === 'user' && config.on('BYPASS_IN_SCRIPTS');
  if (script === undefined || excepted) return mode;
  const what = `permission mode bypass is refused in a script of ${script.manager} (${script.variable} is set)`;
  throw new CliError('CLI_BYPASS_REFUSED', what, {
    hint: 'use --allow rules or --permission-mode accept-edits,\nor set BYPASS_IN_SCRIPTS=1 in scorpiox-env.txt of your state directory',
  });
}

/** @throws {AgentError} `AGENT_BAD_RULE`; {ConfigError} of an unreadable rules file. */
export function composePermissions(
  { environment }: Pick<Invocation, 'environment'>,
  args: Arguments,
  settings: Settings,
  options: { readonly additionalDirectories: readonly string[]; readonly credentialFiles: readonly string[] },
): Permissions {
  const { workingDirectory, projectRoot, home } = settings;
  return createPermissions({
    mode: allowedMode(permissionMode(args), environment, settings),
    rules: [
      ...args.values('deny').flatMap(splitRules).map((text) => parseRule('deny', text, '--deny')),
      ...args.values('allow').flatMap(splitRules).map((text) => parseRule('allow', text, '--allow')),
      ...fileRules(settings),
    ],
    workingDirectory,
    projectRoot,
    additionalDirectories: options.additionalDirectories,
    home: home.userDirectory,
    protectedPaths: createProtectedPaths(
      {
        home: home.userDirectory,
        stateDirectory: home.stateDirectory,
        credentialFiles: options.credentialFiles,
        workingDirectory,
      },
    ),
  });
}

/** The rules of files, of every project that the user's own names: `createPermissions` takes those of this one. */
export function fileRules(settings: Settings): PermissionRule[] {
  return [...userRules(settings), ...projectRules(settings)];
}

function userRules({ home }: Settings): PermissionRule[] {
  return home.stateDirectory === undefined ? [] : readRules(join(home.stateDirectory, RULES_FILE), { sections: true }).rules;
}

/**
 * A project may forbid; to allow, it has to be trusted. `ask` only narrows, so it counts too. In the home directory the file of
 * the project is that of the user, which may have sections.
 */
function projectRules({ projectRoot, trust, bare, home }: Settings): PermissionRule[] {
  const file = join(projectRoot, '.scorpiox', RULES_FILE);
  const { stateDirectory } = home;
  if (stateDirectory !== undefined && resolveLinks(file) === resolveLinks(join(stateDirectory, RULES_FILE))) return [];
  const { rules, bytes } = readRules(file);
  if (rules.length === 0 || (!bare && isTrusted(trust, realpathSync(file), bytes))) return rules;
  return rules.filter((rule) => rule.effect !== 'allow');
}

function readRules(file: string, options?: { readonly sections: boolean }): { rules: PermissionRule[]; bytes: Uint8Array } {
  const content = readFileOnce(file, configLimits.fileBytesMax);
  if (content === undefined) return { rules: [], bytes: new Uint8Array() };
  return { rules: parseRules(Buffer.from(content.bytes).toString('utf8'), file, options), bytes: content.bytes };
}
