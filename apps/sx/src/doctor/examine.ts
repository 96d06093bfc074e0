/** One provider: its configuration, authorities and credential, then the way to each of its servers. */
import { isKeyName, KEY_NAMES, type KeyName, keyRow } from '@sx/config';
import { createRedactor } from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import { composeNetwork, type Network } from '../compose/network.ts';
import type { Invocation } from '../invocation.ts';
import { PROVIDERS, type ProviderId } from '../providers.ts';
import type { ProviderPlan } from '../providers/provider-adapter.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { type Check, type Destination, failedCheck, type ProviderFindings } from './check.ts';
import { checkCredential } from './credential.ts';
import { walk } from './walk.ts';

/** Told of everything as it is found: a step may take as long as its deadline. */
export interface Listener {
  onProvider(id: string): void;
  onDestination(destination: Omit<Destination, 'checks'>): void;
  onCheck(check: Check): void;
}

export interface ExamineOptions {
  readonly invocation: Invocation;
  readonly args: Arguments;
  readonly settings: Settings;
  readonly listener: Listener;
}

/** A head that has not come by then will not: nothing is computed for it. */
const HEAD_TIMEOUT_MS_MAX = 15_000;

export async function examine(id: ProviderId, options: ExamineOptions): Promise<ProviderFindings> {
  const { invocation, settings, listener } = options;
  const { config } = settings;
  const redact = createRedactor(config.secrets()).redactText;
  const checks: Check[] = [];
  const destinations: Destination[] = [];
  const add = (list: Check[]) => (check: Check): void => {
    const clean = redacted(check, redact);
    list.push(clean);
    listener.onCheck(clean);
  };
  const own = add(checks);
  listener.onProvider(id);
  const composed = await composeFor(id, options).catch((error: unknown) => failedCheck('configuration', error));
  if ('state' in composed) own(composed);
  else for (const check of authorityChecks(composed.network)) own(check);
  own(checkCredential(id, settings, Date.now()));
  if ('state' in composed) return { id, checks, destinations };
  const { plan, network } = composed;
  try {
    for (const { url, purposes, method } of targetsOf(plan, settings)) {
      if (invocation.interrupts.signal.aborted) break;
      const found: Check[] = [];
      const shown = { purposes, url: redact(url) };
      destinations.push({ ...shown, checks: found });
      listener.onDestination(shown);
      await walk({
        url,
        method,
        network,
        urlKey: urlKeyOf(url, id, settings),
        caFileKey: plan.caFileKey,
        authorities: network.trust.report().sources.map(({ from, path }) => `${from} ${path}`.trim()),
        headTimeoutMs: Math.min(config.integer('HEAD_TIMEOUT_MS') ?? HEAD_TIMEOUT_MS_MAX, HEAD_TIMEOUT_MS_MAX),
        signal: invocation.interrupts.signal,
        onCheck: add(found),
      });
    }
  } finally {
    await network.close();
  }
  return { id, checks, destinations };
}

async function composeFor(id: ProviderId, { invocation, args, settings }: ExamineOptions): Promise<{ plan: ProviderPlan; network: Network }> {
  const { adapter } = await PROVIDERS[id].load();
  const plan = adapter.plan(settings);
  const userAgent = plan.userAgent ?? settings.config.text('USER_AGENT') ?? `sx/${VERSION}`;
  const network = composeNetwork({ invocation, args, settings, redactor: createRedactor(settings.config.secrets()), userAgent, provider: plan, tokenUrls: plan.tokenUrls });
  return { plan, network };
}

function authorityChecks({ trust }: Network): Check[] {
  const { sources } = trust.report();
  const broken = sources.flatMap(({ error }) => (error === undefined ? [] : [failedCheck('ca', error)]));
  const read = sources.filter(({ error }) => error === undefined).map(({ from, path, certificates }) => `${from} ${path} (${certificates})`);
  const detail = ["Node's own roots", ...read].join(', ');
  return [...broken, { name: 'ca', state: 'ok', detail: `${detail}; the system's store after an unknown issuer` }];
}

interface Target {
  readonly url: string;
  readonly purposes: readonly string[];
  readonly method: 'GET' | 'HEAD';
}

/** One way an origin: several purposes may share it. */
function targetsOf({ baseUrl, tokenUrls }: ProviderPlan, { config }: Settings): Target[] {
  const proxyUrl = config.text('PROXY_URL');
  const providerUrl = (base: string, purpose: string): Target => ({ url: `${base.replace(/\/+$/, '')}/models`, purposes: [purpose], method: 'GET' });
  const all: Target[] = [
    // The base URL is rewritten: its path follows that of the proxy.
    ...(proxyUrl === undefined ? [] : [providerUrl(`${proxyUrl.replace(/\/+$/, '')}${new URL(baseUrl).pathname}`, 'PROXY_URL')]),
    ...(proxyUrl !== undefined && config.text('PROXY_MODE') === 'strict' ? [] : [providerUrl(baseUrl, 'provider')]),
    ...tokenUrls.map((url): Target => ({ url, purposes: ['token source'], method: 'HEAD' })),
  ];
  const origins = new Map<string, Target>();
  for (const target of all) {
    const { protocol, host } = new URL(target.url);
    const known = origins.get(`${protocol}//${host}`);
    origins.set(`${protocol}//${host}`, known === undefined ? target : { ...known, purposes: [...new Set([...known.purposes, ...target.purposes])] });
  }
  return [...origins.values()];
}

/** The key whose value the URL begins with; one of this provider, where several have the same default. */
function urlKeyOf(url: string, id: ProviderId, { config }: Settings): KeyName | undefined {
  const sshKey = `${id.toUpperCase()}_SSH_HOST`;
  if (url.startsWith('ssh:')) return isKeyName(sshKey) ? sshKey : undefined;
  const candidates = KEY_NAMES.filter((name) => {
    const value = keyRow(name).type.kind === 'url' ? config.text(name) : undefined;
    return value !== undefined && url.startsWith(value.replace(/\/+$/, ''));
  });
  return candidates.find((name) => keyRow(name).when?.values.includes(id) === true) ?? candidates[0];
}

function redacted(check: Check, redact: (text: string) => string): Check {
  // Hints are ours, and one of them shows what a proxy's URL with a password looks like.
  return { ...check, detail: redact(check.detail) };
}
