/** MCP servers of a session: from what was written down to tools. Loaded only where there is one. */
import { resolve } from 'node:path';

import { compileGlob } from '@sx/agent';
import { fieldSecrets, KEY_NAMES, keyRow } from '@sx/config';
import {
  createHttpChannel,
  createMcpServers,
  createStdioChannel,
  isMcpError,
  type Lookup,
  mcpLimits,
  type McpServers,
  parseServerLine,
  parseServers,
  type ServerSpec,
  toNamePart,
} from '@sx/mcp';
import type { Redactor, Transport } from '@sx/net';

import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { childEnvironment } from './child-environment.ts';
import type { McpSource } from './mcp-sources.ts';
import { createToolCache } from './mcp-tool-cache.ts';

export interface McpPlan {
  readonly specs: readonly ServerSpec[];
  /** Where sockets go. */
  readonly urls: readonly string[];
  /** What was put in place of variables that children do not get. */
  readonly secrets: readonly string[];
  readonly notices: readonly string[];
}

/** @throws {McpError} `MCP_BAD_CONFIG` of a file that was named for this call. */
export function planMcp(sources: readonly McpSource[], invocation: Invocation, settings: Settings): McpPlan {
  const secrets: string[] = [];
  const notices: string[] = [];
  const lookup = lookupOf(invocation, settings, secrets);
  const specs = new Map<string, ServerSpec>();
  for (const { name, text, form, required } of sources) {
    try {
      const { servers, faults } = form === 'json' ? parseServers(text, name, lookup) : parseServerLine(text, name);
      notices.push(...faults);
      for (const server of servers) if (!specs.has(server.name)) specs.set(server.name, server);
    } catch (error) {
      if (required || !isMcpError(error)) throw error;
      notices.push(error.message);
    }
  }
  const all = [...specs.values()];
  if (all.length > mcpLimits.serversMax) {
    notices.push(`there are ${all.length} MCP servers: the first ${mcpLimits.serversMax} count`);
  }
  const used = all.slice(0, mcpLimits.serversMax);
  return {
    specs: used,
    urls: used.flatMap((spec) => (spec.kind === 'http' ? [spec.url] : [])),
    secrets: [...secrets, ...used.flatMap((spec) => (spec.kind === 'stdio' ? [] : fieldSecrets(spec.fields)))],
    notices,
  };
}

export interface McpParts {
  readonly invocation: Invocation;
  readonly settings: Settings;
  readonly redactor: Redactor;
  readonly transport: Transport;
  readonly notice: (text: string) => Promise<void>;
}

export function openMcp(plan: McpPlan, { invocation, settings, redactor, transport, notice }: McpParts): McpServers {
  const { config, home, workingDirectory } = settings;
  for (const secret of plan.secrets) redactor.addSecret(secret);
  const environment = childEnvironment(invocation, settings);
  const allow = filterOf(config.text('MCP_ALLOW'));
  const deny = filterOf(config.text('MCP_DENY'));
  return createMcpServers({
    specs: plan.specs,
    createChannel(spec) {
      if (spec.kind === 'http') return createHttpChannel({ server: spec.name, url: spec.url, fields: spec.fields, transport });
      const cwd = resolve(workingDirectory, spec.cwd ?? '.');
      return createStdioChannel({
        server: spec.name, command: spec.command, args: spec.args, cwd, environment: { ...environment, ...spec.environment },
      });
    },
    clientInfo: { name: 'sx', version: VERSION },
    cache: home.stateDirectory === undefined ? undefined : createToolCache(home.stateDirectory),
    offers: (server, tool) => (allow(server)?.(tool) ?? true) && deny(server)?.(tool) !== true,
    onNotice: (text) => void notice(redactor.redactText(text)),
  });
}

/**
 * A file may name any variable but the credentials that the key table marks: those are ours alone. What children do not get by
 * themselves is a secret from then on.
 */
function lookupOf(invocation: Invocation, settings: Settings, secrets: string[]): Lookup {
  const own: ReadonlySet<string> = new Set(KEY_NAMES.filter((name) => keyRow(name).secret === true));
  const plain = childEnvironment(invocation, settings);
  return (name) => {
    const value = own.has(name) ? undefined : invocation.environment[name];
    if (value !== undefined && plain[name] === undefined) secrets.push(value);
    return value;
  };
}

/**
 * `server:glob,glob;…`: which tools a filter names, by server (`*`: every other one); undefined for a server that it does not
 * name.
 */
function filterOf(text: string | undefined): (server: string) => ((tool: string) => boolean) | undefined {
  const rows = new Map<string, ((tool: string) => boolean)[]>();
  for (const entry of (text ?? '').split(';')) {
    const [server = '', globs = '*'] = entry.split(':').map((part) => part.trim());
    const patterns = globs.split(',').map((glob) => glob.trim()).filter((glob) => glob !== '').map((glob) => compileGlob(glob));
    if (server !== '') rows.set(server, [...(rows.get(server) ?? []), ...patterns]);
  }
  return (server) => {
    const patterns = rows.get(server) ?? rows.get('*');
    return patterns === undefined ? undefined : (tool) => patterns.some((matches) => matches(toNamePart(tool)));
  };
}
