import { responses } from '@sx/protocols/openai-responses';
import { testProtocol } from '@sx/testkit';

const origin = { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' };

testProtocol(responses({ dialect: 'codex', now: () => 1_700_000_000_000 }), `${import.meta.dirname}/fixtures`, {
  defaults: { origin, capabilities: {} },
});
