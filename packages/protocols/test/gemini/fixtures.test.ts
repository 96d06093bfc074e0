import { gemini } from '@sx/protocols/gemini';
import { testProtocol } from '@sx/testkit';

const origin = { provider: 'gemini', protocol: 'gemini', model: 'gemini-3.8-flash' };

testProtocol(gemini({ now: () => 1_700_000_000_000 }), `${import.meta.dirname}/fixtures`, {
  defaults: { origin, capabilities: {} },
  historyMember: 'contents',
});
