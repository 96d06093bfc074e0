/** The commands, each a module that is loaded only when it is called. */
import type { Invocation } from '../invocation.ts';
import type { Arguments } from './parse-arguments.ts';
import type { ExitCode } from './exit-codes.ts';

export interface Command {
  readonly run: (invocation: Invocation, args: Arguments) => Promise<ExitCode>;
}

export interface CommandRow {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** Positional arguments at most. */
  readonly argumentsMax: number;
  readonly load: () => Promise<Command>;
}

export const COMMANDS = [
  { name: 'exec', usage: '"prompt"', help: 'the same as -p', argumentsMax: 1, load: () => import('../commands/exec.ts') },
  { name: 'config', usage: '[get|set|unset|list|path|edit|trust|rules]', help: 'show and change the configuration, list permission rules; on a terminal: an editor', argumentsMax: 3, load: () => import('../commands/config.ts') },
  { name: 'login', usage: '[provider]', help: 'sign in: codex with the browser or --device, the others with a key', argumentsMax: 1, load: () => import('../commands/login.ts') },
  { name: 'logout', usage: '[provider]', help: 'revoke and delete a login', argumentsMax: 1, load: () => import('../commands/logout.ts') },
  { name: 'token', usage: '[provider]', help: 'print the access token as one JSON line', argumentsMax: 1, load: () => import('../commands/token.ts') },
  { name: 'usage', usage: '[provider]', help: 'show plan and limits, where the vendor tells them', argumentsMax: 1, load: () => import('../commands/usage.ts') },
  { name: 'models', usage: '[provider]', help: 'list the models', argumentsMax: 1, load: () => import('../commands/models.ts') },
  { name: 'doctor', usage: '[provider]', help: 'walk the way to the servers of each provider and say what stops it', argumentsMax: 1, load: () => import('../commands/doctor.ts') },
  { name: 'trace', usage: 'to-har FILE', help: 'turn what --trace wrote into an HTTP archive', argumentsMax: 2, load: () => import('../commands/trace.ts') },
  { name: 'sessions', usage: '[list|show|export|delete] [ID]', help: 'look at the sessions that were kept, as text or JSON', argumentsMax: 101, load: () => import('../commands/sessions.ts') },
  { name: 'mcp', usage: '', help: 'start the MCP servers of the configuration and list their tools', argumentsMax: 0, load: () => import('../commands/mcp.ts') },
  { name: 'demo', usage: '', help: 'play a recorded session, offline', argumentsMax: 0, load: () => import('../commands/demo.ts') },
  { name: 'completion', usage: 'bash|zsh|fish|powershell', help: 'print a script that completes sx in a shell', argumentsMax: 1, load: () => import('../commands/completion.ts') },
  { name: 'sbom', usage: '', help: 'list what is inside: Node, its libraries, our files with hashes', argumentsMax: 0, load: () => import('../commands/sbom.ts') },
  { name: 'install-links', usage: 'DIR', help: "make links by which sx is called as the original's tools are", argumentsMax: 1, load: () => import('../commands/install-links.ts') },
  { name: 'version', usage: '', help: 'show the version', argumentsMax: 0, load: () => import('../commands/version.ts') },
  { name: 'help', usage: '[command]', help: 'show help', argumentsMax: 1, load: () => import('../commands/help.ts') },
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof COMMANDS)[number]['name'];

export function findCommand(name: string): CommandRow | undefined {
  const rows: readonly CommandRow[] = COMMANDS;
  return rows.find((row) => row.name === name);
}
