/**
 * Servers as people write them: `mcpServers{}` of the peers' `.mcp.json`, and the one-line form `name:command:args;…`. Pure.
 *
 * `${NAME}` and `${NAME:-default}` stand for variables; one that is not set makes its server one that is not started, with a
 * reason. What is wrong with one server does not touch the others: it comes out as a fault, a line each.
 */
import { arrayOr, isObject, type JsonObject, objectOr, stringOr } from '@sx/llm';

import { mcpLimits } from './limits.ts';
import { McpError } from './mcp-error.ts';
import { quoted } from './quoted.ts';

interface Common {
  readonly name: string;
  /** Where it stands, for messages: a file, a key. */
  readonly source: string;
}

export interface StdioServerSpec extends Common {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Beside what every child gets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Relative to the working directory. */
  readonly cwd: string | undefined;
}

export interface HttpServerSpec extends Common {
  readonly kind: 'http';
  readonly url: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export type ServerSpec = StdioServerSpec | HttpServerSpec;

export interface ReadServers {
  readonly servers: readonly ServerSpec[];
  readonly faults: readonly string[];
}

/** The value of a variable; undefined where it is not set, or not to be given away. */
export type Lookup = (name: string) => string | undefined;

/** @throws {McpError} `MCP_BAD_CONFIG` where the text is no JSON, or holds no `mcpServers`. */
export function parseServers(text: string, source: string, lookup: Lookup): ReadServers {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new McpError('MCP_BAD_CONFIG', `${source} is not JSON`, { cause });
  }
  const listed = isObject(value) ? value['mcpServers'] : undefined;
  if (!isObject(listed)) throw new McpError('MCP_BAD_CONFIG', `${source}: expected {"mcpServers": {"name": {…}}}`);
  return collect(Object.entries(listed).map(([name, entry]) => () => readServer(name, entry, source, lookup)), source);
}

/** `name:command:arguments;…`, arguments separated by blanks; `name:https://host/path` is an HTTP server. */
export function parseServerLine(line: string, source: string): ReadServers {
  const entries = line.split(';').map((entry) => entry.trim()).filter((entry) => entry !== '');
  return collect(entries.map((entry) => () => readEntry(entry, source)), source);
}

function collect(readers: readonly (() => ServerSpec | undefined)[], source: string): ReadServers {
  const servers: ServerSpec[] = [];
  const faults: string[] = [];
  for (const read of readers.slice(0, mcpLimits.serversMax)) {
    try {
      const server = read();
      if (server !== undefined) servers.push(server);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (readers.length > mcpLimits.serversMax) {
    faults.push(`${source}: more than ${mcpLimits.serversMax} MCP servers: the rest is left out`);
  }
  return { servers, faults };
}

function readEntry(entry: string, source: string): ServerSpec {
  const [, name = '', rest = ''] = /^([^:]*):([\s\S]*)$/.exec(entry) ?? [];
  checkName(name.trim(), source);
  if (/^https?:\/\//i.test(rest)) return httpServer(name.trim(), source, rest.trim(), []);
  const [, command = '', args = ''] = /^([^:]*)(?::([\s\S]*))?$/.exec(rest) ?? [];
  if (command.trim() === '') throw bad(source, name, 'it has no command');
  return {
    kind: 'stdio',
    name: name.trim(),
    source,
    command: command.trim(),
    args: args.split(/\s+/).filter((word) => word !== ''),
    environment: {},
    cwd: undefined,
  };
}

function readServer(name: string, value: unknown, source: string, lookup: Lookup): ServerSpec | undefined {
  checkName(name, source);
  if (!isObject(value)) throw bad(source, name, 'it is no object');
  if (value['disabled'] === true || value['enabled'] === false) return undefined;
  const expand = (text: string): string => expandVariables(
    text,
    lookup,
    (variable) => bad(source, name, `\${${variable}} is not set, or may not be given away`),
  );
  const type = stringOr(value['type'] ?? value['transport'], value['url'] === undefined ? 'stdio' : 'http');
  switch (type) {
    case 'stdio':
    case 'local':
      return {
        kind: 'stdio',
        name,
        source,
        command: expand(textOf(value, 'command', source, name)),
        args: arrayOr(value['args'], []).map((arg) => expand(String(arg))),
        environment: texts(objectOr(value['env'], {}), expand),
        cwd: typeof value['cwd'] === 'string' ? expand(value['cwd']) : undefined,
      };
    case 'http':
    case 'streamable-http':
    case 'streamableHttp':
    case 'remote':
      return httpServer(
        name,
        source,
        expand(textOf(value, 'url', source, name)),
        Object.entries(texts(objectOr(value['headers'], {}), expand)),
      );
    case 'sse':
      throw bad(
        source,
        name,
        'the transport `sse` of 2024 is not spoken: use the server\'s Streamable HTTP address with `"type": "http"`',
      );
    default:
      throw bad(source, name, `the type ${quoted(type, 60)} is unknown: expected stdio or http`);
  }
}

function httpServer(name: string, source: string, url: string, fields: HttpServerSpec['fields']): HttpServerSpec {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '') {
    throw bad(source, name, 'its `url` is not an http: or https: URL without user and password');
  }
  return { kind: 'http', name, source, url, fields };
}

/** @param refuse - Makes the error for a variable that is not set. */
export function expandVariables(text: string, lookup: Lookup, refuse: (variable: string) => Error): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g, (
    _whole,
    variable: string,
    fallback: string | undefined,
  ) => {
    const value = lookup(variable);
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined) throw refuse(variable);
    return fallback;
  });
}

function texts(value: JsonObject, expand: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(
      ([key, each]) => (typeof each === 'object' || each === undefined ? [] : [[key, expand(String(each))]]),
    ),
  );
}

function textOf(value: JsonObject, key: string, source: string, name: string): string {
  const text = value[key];
  if (typeof text !== 'string' || text.trim() === '') throw bad(source, name, `its \`${key}\` is missing`);
  return text;
}

function checkName(name: string, source: string): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u.test(name)) {
    throw bad(source, name, 'a name has at most 64 letters, digits, blanks, dots, dashes and underscores');
  }
}

function bad(source: string, name: string, why: string): McpError {
  return new McpError('MCP_BAD_CONFIG', `${source}: MCP server ${quoted(name, 80) || '(no name)'}: ${why}`, { server: name });
}
