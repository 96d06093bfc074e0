import { messages } from '@sx/protocols/anthropic-messages';
import { testProtocol } from '@sx/testkit';

const origin = { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude-sonnet-5-5' };

testProtocol(messages(), `${import.meta.dirname}/fixtures`, {
  defaults: { origin, capabilities: {} },
  historyMember: 'messages',
  movingMember: 'cache_control',
});
