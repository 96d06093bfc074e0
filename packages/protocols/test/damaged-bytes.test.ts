/** Responses whose bytes were changed on their way: a typed fault or a message, never a crash, never the end of a message that is none. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';

import { isProviderError, type Protocol } from '@sx/llm';
import { isNetError } from '@sx/net';
import { messages } from '@sx/protocols/anthropic-messages';
import { gemini } from '@sx/protocols/gemini';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { responses } from '@sx/protocols/openai-responses';
import { createSeededRandom, runProtocol, type SeededRandom } from '@sx/testkit';

const PROTOCOLS: readonly (readonly [protocol: Protocol, folder: string])[] = [
  [messages(), 'anthropic-messages'], [gemini(), 'gemini'], [chatCompletions(), 'openai-chat'], [responses({ dialect: 'codex' }), 'openai-responses'],
];
const ROUNDS = 2_500;

function damage(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length);
  const length = 1 + random.below(12);
  const piece = bytes.subarray(random.below(bytes.length)).subarray(0, length);
  const noise = Uint8Array.from({ length }, () => random.below(256));
  const middle = random.pick([noise, piece, new Uint8Array(), Buffer.from(random.pick(['\n\n', '"', '}', '{"type":"error"}', 'null', '\u0000']))]);
  return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + random.pick([0, length]))]);
}

for (const [protocol, folder] of PROTOCOLS) {
  const fixtures = `${import.meta.dirname}/${folder}/fixtures`;
  const files = readdirSync(fixtures).sort().map((name) => `${fixtures}/${name}/response.http`);
  const bodies = files.filter((file) => existsSync(file)).map((file) => readFileSync(file));
  const context = { origin: { provider: 'p', protocol: protocol.id, model: 'm' }, capabilities: {} };
  it(`${protocol.id}: gives a typed fault or a finished message, whatever bytes were changed, lost or added`, () => {
    const random = createSeededRandom(11);
    let faults = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = damage(random.pick(bodies), random);
      const { error, events, message } = runProtocol(protocol, context, [bytes]);
      if (events.at(-1)?.type === 'finish') continue;
      faults += 1;
      assert.ok(isProviderError(error) || isNetError(error), String(error));
      assert.equal(message.providerMetadata, undefined);
    }
    assert.ok(faults > ROUNDS / 5, `${faults} faults`);
  });
}
