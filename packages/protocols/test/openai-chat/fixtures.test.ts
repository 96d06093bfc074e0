import { testProtocol } from '@sx/testkit';

import { context, lenient, strict } from './conversation.ts';

testProtocol(lenient, `${import.meta.dirname}/fixtures`, { defaults: context, historyMember: 'messages' });
testProtocol(strict, `${import.meta.dirname}/fixtures-openai`, { defaults: context, historyMember: 'messages' });
