/** A provider that can be called: its adapter, on a network that may reach exactly what the adapter named. */
import { createRedactor, type Redactor, type Transport } from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { PROVIDERS, type ProviderId } from '../providers.ts';
import type { ConnectedProvider, ProviderPlan } from '../providers/provider-adapter.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { composeNetwork } from './network.ts';
import { requestRetries } from './retries.ts';

export interface Connection extends ConnectedProvider {
  readonly id: ProviderId;
  readonly plan: ProviderPlan;
  readonly redactor: Redactor;
  /** Straight, for what is neither the provider nor its tokens. */
  readonly direct: Transport;
  /** For pages of the web. */
  readonly publicTransport: () => Transport;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly serverUrls?: readonly string[];
  /** That of the session, where it has one: what it knows stays masked. */
  readonly redactor?: Redactor;
}

export async function connect(id: ProviderId, invocation: Invocation, args: Arguments, settings: Settings, { serverUrls, redactor = createRedactor(settings.config.secrets()) }: ConnectOptions = {}): Promise<Connection> {
  const { adapter } = await PROVIDERS[id].load();
  const plan = adapter.plan(settings);
  if (plan.notice !== undefined) await invocation.stderr.write(`sx: ${plan.notice}\n`);
  const userAgent = plan.userAgent ?? settings.config.text('USER_AGENT') ?? `sx/${VERSION}`;
  const network = composeNetwork({ invocation, args, settings, redactor, userAgent, provider: plan, tokenUrls: plan.tokenUrls, serverUrls });
  const context = { transport: network.transport, userAgent, redact: redactor.redactText, retry: { policy: requestRetries(settings) } };
  const connected = plan.connect({ context, direct: network.direct, dialer: network.dialer, redactor });
  invocation.interrupts.finishFirst(() => connected.settled());
  return {
    ...connected,
    id,
    plan,
    redactor,
    direct: network.direct,
    publicTransport: network.publicTransport,
    async close() {
      await connected.provider.close?.();
      await connected.settled();
      await network.close();
    },
  };
}
