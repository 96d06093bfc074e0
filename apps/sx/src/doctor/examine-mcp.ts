/**
 * MCP servers: what is written down, and the way to each that is reached over the network. None is started, and none is asked
 * anything but one request without credential (`sx mcp` starts them). Loaded only where one is configured.
 */
import { createRedactor } from '@sx/net';

import { planMcp } from '../compose/mcp.ts';
import type { McpSources } from '../compose/mcp-sources.ts';
import { composeNetwork } from '../compose/network.ts';
import { VERSION } from '../version.ts';
import { type Check, type Destination, failedCheck, type ProviderFindings } from './check.ts';
import type { ExamineOptions } from './examine.ts';
import { walk } from './walk.ts';

const HEAD_TIMEOUT_MS_MAX = 15_000;

export async function examineMcp({ sources, notices }: McpSources, { invocation, args, settings, listener }: ExamineOptions): Promise<ProviderFindings> {
  const checks: Check[] = [];
  const destinations: Destination[] = [];
  listener.onProvider('mcp');
  const plan = planMcp(sources, invocation, settings);
  const redactor = createRedactor([...settings.config.secrets(), ...plan.secrets]);
  const add = (list: Check[]) => (check: Check): void => {
    const clean = { ...check, detail: redactor.redactText(check.detail) };
    list.push(clean);
    listener.onCheck(clean);
  };
  for (const detail of [...notices, ...plan.notices]) add(checks)({ name: 'mcp', state: 'note', detail });
  for (const spec of plan.specs) {
    // Arguments may hold anything: the command alone says which program it is.
    const what = spec.kind === 'stdio' ? `the program ${spec.command}, not started` : spec.url;
    add(checks)({ name: 'mcp', state: 'ok', detail: `${spec.name}: ${what} (${spec.source})` });
  }
  if (plan.urls.length === 0) return { id: 'mcp', checks, destinations };
  const userAgent = settings.config.text('USER_AGENT') ?? `sx/${VERSION}`;
  let network;
  try {
    network = composeNetwork({ invocation, args, settings, redactor, userAgent, provider: { baseUrl: undefined, caFileKey: 'CA_FILE' }, tokenUrls: [], serverUrls: plan.urls });
  } catch (error) {
    add(checks)(failedCheck('configuration', error));
    return { id: 'mcp', checks, destinations };
  }
  try {
    for (const spec of plan.specs) {
      if (spec.kind === 'stdio' || invocation.interrupts.signal.aborted) continue;
      const found: Check[] = [];
      const shown = { purposes: [`MCP server ${spec.name}`], url: redactor.redactText(spec.url) };
      destinations.push({ ...shown, checks: found });
      listener.onDestination(shown);
      await walk({
        url: spec.url,
        method: 'HEAD',
        network,
        urlKey: undefined,
        caFileKey: 'CA_FILE',
        authorities: network.trust.report().sources.map(({ from, path }) => `${from} ${path}`.trim()),
        headTimeoutMs: Math.min(settings.config.integer('HEAD_TIMEOUT_MS') ?? HEAD_TIMEOUT_MS_MAX, HEAD_TIMEOUT_MS_MAX),
        signal: invocation.interrupts.signal,
        onCheck: add(found),
      });
    }
  } finally {
    await network.close();
  }
  return { id: 'mcp', checks, destinations };
}
