/**
 * `sx doctor [provider]`: can this machine reach its providers, and if not, where does it stop and which key helps?
 *
 * Without an argument: the configured provider, each for which a credential was found, and the MCP servers. No credential and
 * no prompt is sent; what is asked of a server is one request that needs neither. Exit code: 0, else that of the fault nearest
 * to the root: 52 configuration, 44 egress policy, 61 network, 41 credential.
 */
import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { readMcpSources } from '../compose/mcp-sources.ts';
import { foundCredentials, selectProvider } from '../compose/select-provider.ts';
import { type Check, exitCodeOfChecks, failedCheck, type ProviderFindings } from '../doctor/check.ts';
import { examine, type Listener } from '../doctor/examine.ts';
import { machineFacts } from '../doctor/machine.ts';
import { jsonReport } from '../doctor/report-json.ts';
import { checkText, destinationText, machineText, providerText, verdictText } from '../doctor/report-text.ts';
import type { Invocation } from '../invocation.ts';
import type { ProviderId } from '../providers.ts';
import { loadSettings, type Settings } from '../settings.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  const facts = machineFacts(settings);
  const json = args.on('json');
  const print = (text: string): void => void (json ? undefined : stdout.write(text));
  const listener: Listener = {
    onProvider: (id) => print(providerText(id)),
    onDestination: (destination) => print(destinationText(destination)),
    onCheck: (check) => print(checkText(check)),
  };
  const chosen = chooseProviders(settings, args.positionals[0]);
  // Each provider has a network of its own, whose connections are counted from 1: one file for several could not be read.
  if (args.value('trace') !== undefined && chosen.ids.length > 1) {
    throw new CliError('CLI_BAD_VALUE', '--trace: a trace is of one provider', { hint: `sx doctor ${chosen.ids[0] ?? 'codex'} --trace FILE` });
  }
  print(machineText(facts));
  for (const check of chosen.checks) listener.onCheck(check);
  const providers: ProviderFindings[] = [];
  for (const id of chosen.ids) {
    if (interrupts.signal.aborted) break;
    providers.push(await examine(id, { invocation, args, settings, listener }));
  }
  // A trace is of one network. Asked about one provider, nobody wants to hear of the rest.
  const servers = args.positionals[0] === undefined && args.value('trace') === undefined ? readMcpSources(args, settings) : undefined;
  if (servers !== undefined && servers.sources.length + servers.notices.length > 0 && !interrupts.signal.aborted) {
    const { examineMcp } = await import('../doctor/examine-mcp.ts');
    providers.push(await examineMcp(servers, { invocation, args, settings, listener }));
  }
  const all = [...chosen.checks, ...providers.flatMap(({ checks, destinations }) => [...checks, ...destinations.flatMap((destination) => destination.checks)])];
  const exitCode = interrupts.received === undefined ? exitCodeOfChecks(all) : interrupts.received === 'SIGTERM' ? 143 : 130;
  const failed = all.filter(({ state }) => state === 'failed');
  await stdout.write(json ? jsonReport(facts, chosen.checks, providers, exitCode) : verdictText(failed, all.filter(({ state }) => state === 'note').length));
  return exitCode;
}

/** The configured one first. One that this version lacks is a finding, not the end of the examination. */
function chooseProviders(settings: Settings, asked: string | undefined): { ids: readonly ProviderId[]; checks: readonly Check[] } {
  if (asked !== undefined) return { ids: [selectProvider(settings, asked)], checks: [] };
  const found = foundCredentials(settings).map(({ id }) => id);
  try {
    return { ids: [...new Set([selectProvider(settings), ...found])], checks: [] };
  } catch (error) {
    if (error instanceof CliError) return { ids: found, checks: [failedCheck('configuration', error)] };
    throw error;
  }
}
