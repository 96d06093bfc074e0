/**
 * `sx mcp`: the MCP servers of the configuration, started to see whether they answer, with the names under which the model
 * knows their tools. What they list is noted, so that the next run need not wait for them. Exit code 1 where one of them fails.
 */
import { createRedactor } from '@sx/net';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { openMcp, planMcp } from '../compose/mcp.ts';
import { readMcpSources } from '../compose/mcp-sources.ts';
import { composeNetwork } from '../compose/network.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings } from '../settings.ts';
import { terminalLine, terminalText } from '../terminal-text.ts';
import { VERSION } from '../version.ts';

interface ServerLine {
  readonly name: string;
  readonly status: string;
  readonly source: string;
  readonly tools: readonly { readonly name: string; readonly description: string }[];
}

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  const notice = (text: string): Promise<void> => stderr.write(`sx: ${terminalLine(text, 500)}\n`);
  const { sources, notices } = readMcpSources(args, settings);
  const plan = planMcp(sources, invocation, settings);
  for (const text of [...notices, ...plan.notices]) await notice(text);
  const redactor = createRedactor(settings.config.secrets());
  const userAgent = settings.config.text('USER_AGENT') ?? `sx/${VERSION}`;
  const network = composeNetwork({
    invocation,
    args,
    settings,
    redactor,
    userAgent,
    provider: { baseUrl: undefined, caFileKey: 'CA_FILE' },
    tokenUrls: [],
    serverUrls: plan.urls,
  });
  const servers = openMcp(plan, { invocation, settings, redactor, transport: network.direct, notice });
  const stop = (): void => void servers.close();
  interrupts.signal.addEventListener('abort', stop, { once: true });
  try {
    await servers.connectAll();
    const lines = servers.statuses.map(({ name, status }): ServerLine => ({
      name,
      status,
      source: plan.specs.find((spec) => spec.name === name)?.source ?? '',
      tools: servers.tools(name).map(({ definition }) => ({ name: definition.name, description: definition.description })),
    }));
    await stdout.write(args.on('json') ? `${JSON.stringify({ servers: lines })}\n` : textOf(lines));
    if (interrupts.received !== undefined) return interrupts.received === 'SIGTERM' ? 143 : 130;
    return lines.every(({ status }) => status === 'connected') ? 0 : 1;
  } finally {
    interrupts.signal.removeEventListener('abort', stop);
    await servers.close();
    await network.close();
  }
}

function textOf(servers: readonly ServerLine[]): string {
  if (servers.length === 0) return 'no MCP server is configured: docs/extensions.md says where they are written down\n';
  return servers.map(serverText).join('');
}

function serverText({ name, status, source, tools }: ServerLine): string {
  const count = `${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}`;
  const names = tools.map((tool) => `  ${tool.name}\n`).join('');
  return `${terminalText(name)}: ${status}, ${count} (${terminalText(source)})\n${names}`;
}
