/** How a provider's package is fed from the configuration: each has one adapter, loaded when the provider is used. */
import type { KeyName } from '@sx/config';
import type { Provider, ProviderContext } from '@sx/llm';
import type { TokenParts } from '../compose/token-source.ts';
import type { Settings } from '../settings.ts';

export interface ProviderAdapter {
  /** Read before any socket exists, so that the egress policy can be made from it. */
  plan(settings: Settings): ProviderPlan;
}

export interface ProviderPlan {
  readonly baseUrl: string;
  /** URLs of the token source; none where a key suffices. */
  readonly tokenUrls: readonly string[];
  readonly caFileKey: KeyName;
  /** Absent: `sx/<version>`, or what `USER_AGENT` says. */
  readonly userAgent: string | undefined;
  /** Said once on standard error before the provider is used. */
  readonly notice?: string;
  /** Highest first. */
  readonly effortKeys: readonly KeyName[];
  /** Whether its protocol takes a number of thinking tokens (`THINKING_BUDGET`) rather than an effort. */
  readonly takesThinkingBudget: boolean;
  connect(parts: ProviderParts): ConnectedProvider;
}

export interface ProviderParts extends TokenParts {
  /** Context for the provider's factory. */
  readonly context: ProviderContext;
}

export interface ConnectedProvider {
  readonly provider: Provider;
  /** Await before the process ends. */
  settled(): Promise<void>;
}
