/**
 * The one table of flags. Parser, `--help` and completion are made from it; a flag stands here once it works.
 *
 * A flag with `value` takes exactly one; giving it again adds a value where `repeats` says so, and replaces the first otherwise. A
 * flag with `key` sets that configuration key, above every file and variable.
 */
import type { KeyName } from '@sx/config';

import type { CommandName } from './commands.ts';

export interface OptionRow {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly aliases?: readonly string[];
  /** Name of the value in the help; absent: a switch. */
  readonly value?: string;
  readonly repeats?: true;
  readonly choices?: readonly string[];
  /** Other words for some of them, that people bring along. */
  readonly choiceAliases?: Readonly<Record<string, string>>;
  readonly key?: KeyName;
  /** Where it means something; absent: everywhere. */
  readonly commands?: readonly CommandName[];
  readonly help: string;
}

const run: readonly CommandName[] = ['exec'];
const network: readonly CommandName[] = ['exec', 'models', 'token', 'doctor', 'login', 'logout', 'usage', 'mcp'];
const configured: readonly CommandName[] = [...network, 'config', 'sessions'];

export const OPTIONS = [
  { name: 'print', short: 'p', commands: run, help: 'run the prompt to the end, answer on stdout, everything else on stderr' },
  { name: 'provider', value: 'P', key: 'PROVIDER', commands: configured, help: 'who answers' },
  { name: 'model', short: 'm', value: 'MODEL', key: 'MODEL', commands: configured, help: 'model, or an alias such as opus, sonnet, haiku' },
  { name: 'effort', value: 'E', key: 'REASONING_EFFORT', commands: run, help: 'off, minimal, low, medium, high, xhigh or max' },
  { name: 'image', short: 'i', value: 'FILE', repeats: true, commands: run, help: 'image (PNG, JPEG, GIF, WebP) or PDF for the prompt' },
  { name: 'env', short: 'e', value: 'KEY=VALUE', repeats: true, commands: configured, help: 'configuration key for this call' },
  { name: 'cd', short: 'C', aliases: ['cwd'], value: 'DIR', commands: configured, help: 'working directory' },
  { name: 'add-dir', value: 'DIR', repeats: true, commands: run, help: 'another directory that tools may enter' },
  { name: 'output-format', value: 'FORMAT', choices: ['text', 'json', 'stream-json', 'codex-jsonl', 'gemini-stream-json'], commands: run, help: 'text, json (one result), stream-json (one event a line), or a peer\'s stream' },
  { name: 'input-format', value: 'FORMAT', choices: ['text', 'stream-json'], commands: run, help: 'stream-json: prompts and interrupts as JSON lines on standard input' },
  { name: 'json', commands: ['exec', 'config', 'models', 'doctor', 'sbom', 'usage', 'sessions', 'mcp'], help: 'for machines; with a prompt the same as --output-format stream-json' },
  { name: 'include-partial-messages', commands: run, help: 'stream-json: also every delta; text: stream into a pipe too' },
  { name: 'output', short: 'o', aliases: ['output-last-message'], value: 'FILE', commands: ['exec', 'trace', 'sessions'], help: 'also write the answer there; sx trace, sx sessions export: there only' },
  { name: 'json-schema', aliases: ['output-schema'], value: 'FILE', commands: run, help: 'the answer must be JSON of this schema (exit code 58); FILE or the schema itself' },
  { name: 'system-prompt', value: 'TEXT', commands: run, help: 'instead of the built-in one' },
  { name: 'append-system-prompt', value: 'TEXT', commands: run, help: 'after the system prompt' },
  { name: 'allow', aliases: ['allowedTools', 'allowed-tools'], value: 'RULE', repeats: true, commands: run, help: "permission rule, such as 'edit(src/**)' or 'shell(git log:*)'" },
  { name: 'deny', aliases: ['disallowedTools', 'disallowed-tools'], value: 'RULE', repeats: true, commands: run, help: 'the same, refused; wins over --allow' },
  { name: 'permission-mode', value: 'MODE', choices: ['default', 'accept-edits', 'plan', 'bypass'], choiceAliases: { acceptEdits: 'accept-edits', bypassPermissions: 'bypass' }, commands: run, help: 'default, accept-edits, plan or bypass' },
  { name: 'dangerously-skip-permissions', commands: run, help: 'the same as --permission-mode bypass' },
  { name: 'mcp-config', value: 'FILE', repeats: true, commands: ['exec', 'mcp'], help: 'MCP servers of this file, {"mcpServers": {…}}' },
  { name: 'strict-mcp-config', commands: ['exec', 'mcp'], help: 'MCP servers of --mcp-config alone' },
  { name: 'bare', commands: ['exec', 'mcp'], help: 'read nothing of the project but its deny and ask rules' },
  { name: 'screen-reader', commands: run, help: 'on a terminal: plain lines instead of the screen; SCREEN_READER=1 for good' },
  { name: 'continue', short: 'c', commands: run, help: 'go on with the latest session of this project' },
  { name: 'resume', short: 'r', value: 'ID', commands: run, help: 'go on with this session; the beginning of its id suffices' },
  { name: 'fork-session', commands: run, help: 'with --continue or --resume: go on in a copy' },
  { name: 'session-id', value: 'UUID', commands: run, help: 'id of the new session' },
  { name: 'ephemeral', aliases: ['no-session-persistence'], commands: run, help: 'keep no session' },
  { name: 'all', commands: ['sessions', 'config'], help: 'sessions of every project; config list: also what nobody set' },
  { name: 'max-turns', value: 'N', key: 'MAX_TURNS', commands: run, help: 'stop after N turns (exit code 53)' },
  { name: 'max-budget-usd', value: 'N', key: 'MAX_BUDGET_USD', commands: run, help: 'stop after N US dollars (exit code 56)' },
  { name: 'max-tokens', value: 'N', key: 'MAX_TOKENS', commands: run, help: 'stop after N tokens, in and out (exit code 56)' },
  { name: 'max-seconds', value: 'N', key: 'MAX_SECONDS', commands: run, help: 'stop after N seconds (exit code 57)' },
  { name: 'stdin', commands: run, help: 'wait for standard input and append it to the prompt' },
  { name: 'no-stdin', commands: run, help: 'never read standard input' },
  { name: 'source', value: 'SOURCE', choices: ['local', 'remote', 'http', 'ssh'], commands: ['token'], help: 'take the token from here instead of the configured source' },
  { name: 'refresh', commands: ['token'], help: 'renew the token now, whether it is due or not' },
  { name: 'show', commands: ['token'], help: 'print the token itself also on a terminal' },
  { name: 'device', commands: ['login'], help: 'show a code to enter in a browser on any machine' },
  { name: 'no-browser', commands: ['login'], help: 'only print the address to open' },
  { name: 'timeout', value: 'SECONDS', commands: ['login'], help: 'wait so long for the user (default 300, with --device 900)' },
  { name: 'show-source', commands: ['config'], help: 'also where each value was set' },
  { name: 'files', commands: ['config'], help: 'list: also the files that were looked for' },
  { name: 'level', value: 'LEVEL', choices: ['global', 'user', 'project'], commands: ['config'], help: 'one file: global (beside the executable), user or project' },
  { name: 'trace', value: 'FILE', commands: network, help: 'write every byte sent and received to a file, secrets masked' },
  { name: 'offline', commands: network, help: 'open no connection beyond this machine' },
  { name: 'proxy-only', commands: network, help: 'open no connection but through the configured proxy' },
  { name: 'verbose', commands: [...configured, 'sbom'], help: 'say more' },
  { name: 'debug', help: 'stack traces and causes of errors, secrets masked' },
  { name: 'help', short: 'h', help: 'show help' },
  { name: 'version', short: 'V', help: 'show the version' },
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];
