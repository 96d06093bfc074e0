/** A router in front of many vendors, in the protocol that it is said to speak. */
import type { KeyName } from '@sx/config';
import { NetError } from '@sx/net';
import { createRouterProvider, type RouterProtocol } from '@sx/provider-router';

import type { ProviderAdapter } from './provider-adapter.ts';

const ALIAS_KEYS: readonly (readonly [alias: string, key: KeyName])[] = [
  ['opus', 'ROUTER_MODEL_OPUS'],
  ['sonnet', 'ROUTER_MODEL_SONNET'],
  ['haiku', 'ROUTER_MODEL_HAIKU'],
];
const PROTOCOLS: readonly RouterProtocol[] = ['chat', 'responses', 'messages'];

export const adapter: ProviderAdapter = {
  plan({ config }) {
    const baseUrl = config.text('ROUTER_URL');
    if (baseUrl === undefined) {
      throw new NetError('NET_BAD_URL', 'PROVIDER=router needs ROUTER_URL, which is unset', { hint: 'set ROUTER_URL to the base URL of the router' });
    }
    const protocol = PROTOCOLS.find((known) => known === config.text('ROUTER_PROTOCOL'));
    return {
      baseUrl,
      tokenUrls: [],
      caFileKey: 'ROUTER_CA_FILE',
      userAgent: undefined,
      takesThinkingBudget: protocol === 'messages',
      effortKeys: ['REASONING_EFFORT'],
      connect({ context, redactor }) {
        const provider = createRouterProvider({
          ...context,
          redactor,
          baseUrl,
          apiKey: config.text('ROUTER_API_KEY'),
          protocol,
          aliases: Object.fromEntries(ALIAS_KEYS.flatMap(([alias, key]) => (config.text(key) === undefined ? [] : [[alias, config.text(key) ?? '']]))),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
