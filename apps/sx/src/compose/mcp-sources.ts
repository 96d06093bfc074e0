/**
 * Where MCP servers are written down, the first that names one wins: `--mcp-config`, `MCP_CONFIG`, `MCP_FILE`, `MCP_SERVER`,
 * `mcp_servers.json` of the state directory, the project's `.mcp.json`. A server is a program that runs, so the project's file
 * counts only once it is trusted as it is. Reads files; understands nothing of them, so that a run without servers loads
 * nothing of MCP.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type ConfigError, configLimits, isConfigError, isTrusted, readFileOnce } from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Settings } from '../settings.ts';

export interface McpSource {
  /** For messages: a file, a key. */
  readonly name: string;
  readonly text: string;
  readonly form: 'json' | 'line';
  /** Named for this call: what is wrong with it ends the call. */
  readonly required: boolean;
}

export interface McpSources {
  readonly sources: readonly McpSource[];
  readonly notices: readonly string[];
}

/** @throws {CliError} `CLI_BAD_VALUE` where a file of `--mcp-config` is not there; {ConfigError} where it cannot be read. */
export function readMcpSources(args: Arguments, settings: Settings): McpSources {
  const { config, home, workingDirectory } = settings;
  const notices: string[] = [];
  const sources: McpSource[] = args.values('mcp-config').map((path) => {
    const file = resolve(workingDirectory, path);
    const text = readText(file);
    if (text === undefined) throw new CliError('CLI_BAD_VALUE', `--mcp-config: ${file} does not exist`);
    return { name: file, text, form: 'json', required: true };
  });
  if (!config.on('MCP')) return { sources: [], notices };
  if (args.on('strict-mcp-config')) return { sources, notices };
  for (const key of ['MCP_CONFIG', 'MCP_FILE'] as const) addFile(config.path(key), `${key}: `, sources, notices);
  const line = config.text('MCP_SERVER');
  if (line !== undefined) sources.push({ name: 'MCP_SERVER', text: line, form: 'line', required: false });
  if (home.stateDirectory !== undefined) addFile(join(home.stateDirectory, 'mcp_servers.json'), undefined, sources, notices);
  addProject(settings, sources, notices);
  return { sources, notices };
}

/** @param missing - How the notice begins where there is no such file; undefined: it need not be there. */
function addFile(file: string | undefined, missing: string | undefined, sources: McpSource[], notices: string[]): void {
  if (file === undefined) return;
  try {
    const text = readText(file);
    if (text !== undefined) sources.push({ name: file, text, form: 'json', required: false });
    else if (missing !== undefined) notices.push(`${missing}${file} does not exist`);
  } catch (error) {
    notices.push(reasonOf(error));
  }
}

function addProject({ projectRoot, trust, bare }: Settings, sources: McpSource[], notices: string[]): void {
  const file = join(projectRoot, '.mcp.json');
  if (bare || !existsSync(file)) return;
  try {
    const content = readFileOnce(file, configLimits.fileBytesMax);
    if (content === undefined) return;
    if (isTrusted(trust, realpathSync(file), content.bytes)) {
      sources.push({ name: file, text: Buffer.from(content.bytes).toString('utf8'), form: 'json', required: false });
    }
    else notices.push(`the MCP servers of ${file} are not started: this file is not trusted (sx config trust ${file})`);
  } catch (error) {
    notices.push(reasonOf(error));
  }
}

function readText(file: string): string | undefined {
  const content = readFileOnce(file, configLimits.fileBytesMax);
  return content === undefined ? undefined : Buffer.from(content.bytes).toString('utf8');
}

function reasonOf(error: unknown): string {
  const known: ConfigError | undefined = isConfigError(error) ? error : undefined;
  return known?.message ?? 'a file of MCP servers cannot be read';
}
