/** What the agent and the program see of a provider: a name, a stream, a list of models. */
import type { Fields, Redactor, Transport } from '@sx/net';

import type { TokenCount } from './count-tokens.ts';
import type { Origin } from './message.ts';
import type { ModelCapabilities } from './protocol.ts';
import type { ModelRequest } from './request.ts';
import type { RetryClock, RetryPolicy } from './retry.ts';
import type { RateLimitWindow, StreamEvent } from './stream-event.ts';

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends StreamOptions {
  /** Why the answer is the embedded table: the endpoint failed, or nobody could be asked. */
  readonly onFallback?: ((error: unknown) => void) | undefined;
}

export interface ModelInfo {
  readonly id: string;
  readonly displayName?: string;
  readonly capabilities: ModelCapabilities;
  /** `endpoint`: the vendor said so just now; `table`: embedded, may be stale. */
  readonly source: 'endpoint' | 'table';
}

export interface AccountUsage {
  readonly plan?: string;
  /** One of the windows is used up. */
  readonly limitReached: boolean;
  readonly limits: readonly RateLimitWindow[];
  readonly credits?: { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance?: string };
}

export interface Provider {
  /** As in `PROVIDER=`: `codex`, `claude_code`, … */
  readonly id: string;
  /** Aliases such as `sonnet` become wire ids; anything else passes through. */
  resolveModel(name: string): string;
  /** What is known of a model; `{}` where nothing is. Better informed once `models` was asked. */
  capabilities(model: string): ModelCapabilities;
  /** What its messages are stamped with. Only what has this very origin gets its raw form back. */
  originOf(model: string): Origin;
  /** Streams one response. Retries inside, as long as nothing was shown; each retry is an event. */
  stream(request: ModelRequest, options?: StreamOptions): AsyncIterable<StreamEvent>;
  /** From the vendor's endpoint, else the embedded table. */
  models(options?: ListOptions): Promise<readonly ModelInfo[]>;
  /** Tokens of a request before it is sent: the vendor's count, else an estimate. @throws {ProviderError} */
  countTokens?(request: ModelRequest, options?: StreamOptions): Promise<TokenCount>;
  /** What the account may still use. Absent where the vendor tells nobody. */
  account?(options?: StreamOptions): Promise<AccountUsage>;
  /** Gives back what the provider holds at the vendor (explicit caches). Never throws. */
  close?(): Promise<void>;
}

/** What a provider's factory is given by the program. Providers never read the environment. */
export interface ProviderContext {
  readonly transport: Transport;
  /** `sx/0.1.0`, unless the user configured another. */
  readonly userAgent: string;
  /** Masks secrets in text that ends in an error. Default: none are known. */
  readonly redact?: ((text: string) => string) | undefined;
  /** Sent with every request beside the provider's own. A field that it sets too has both values, with a comma between them. */
  readonly extraFields?: Fields | undefined;
  /** Wall clock, for expiry and limits; injectable for tests. */
  readonly now?: (() => number) | undefined;
  /** How often and how patiently a request is repeated; waiting and chance are injectable for tests. */
  readonly retry?: (Partial<RetryClock> & { readonly policy?: Partial<RetryPolicy> | undefined }) | undefined;
}

/** What every provider's factory takes, and how it becomes the context of `defineProvider`. */
export interface ProviderOptions extends Omit<ProviderContext, 'redact'> {
  /** Gets every credential that is loaded, and masks them in errors. */
  readonly redactor?: Pick<Redactor, 'addSecret' | 'redactText'> | undefined;
}

export function toProviderContext({ redactor, transport, userAgent, extraFields, now, retry }: ProviderOptions): ProviderContext {
  const redact = redactor === undefined ? undefined : (text: string) => redactor.redactText(text);
  return { transport, userAgent, extraFields, redact, now, retry };
}
