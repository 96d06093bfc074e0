/** A router in front of many vendors, in the protocol that it is said to speak. */
import { NetError } from '@sx/net';
import { createRouterProvider, type RouterProtocol } from '@sx/provider-router';

import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

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
          extraFields: config.fields('ROUTER_EXTRA_HEADERS'),
          baseUrl,
          apiKey: config.text('ROUTER_API_KEY'),
          protocol,
          aliases: modelAliases(config, 'ROUTER'),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
