/** The providers of this program. To add one, add its line: commands and composition go by this table. */
import type { KeyName } from '@sx/config';

import type { ProviderAdapter } from './providers/provider-adapter.ts';

export interface ProviderRow {
  readonly load: () => Promise<{ readonly adapter: ProviderAdapter }>;
  /** Keys that hold a credential as such. */
  readonly credentialKeys: readonly KeyName[];
  /** Keys that say as much where the user has set them: a server that takes no credential. */
  readonly serverKeys?: readonly KeyName[];
}

export const PROVIDERS = {
  codex: { load: () => import('./providers/codex.ts'), credentialKeys: ['CODEX_ACCESS_TOKEN'] },
  claude_code: { load: () => import('./providers/claude-code.ts'), credentialKeys: ['CLAUDE_CODE_OAUTH_TOKEN'] },
  anthropic: { load: () => import('./providers/anthropic.ts'), credentialKeys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'] },
  gemini: { load: () => import('./providers/gemini.ts'), credentialKeys: ['GEMINI_API_KEY'] },
  openai: { load: () => import('./providers/openai.ts'), credentialKeys: ['OPENAI_API_KEY'], serverKeys: ['OPENAI_BASE_URL'] },
  router: { load: () => import('./providers/router.ts'), credentialKeys: ['ROUTER_API_KEY'] },
} as const satisfies Record<string, ProviderRow>;

export type ProviderId = keyof typeof PROVIDERS;

export function isProviderId(id: string): id is ProviderId {
  return Object.hasOwn(PROVIDERS, id);
}
