/** Responses whose bytes were changed on their way: a typed fault or a message, never a crash, never the end of a message that is none. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';

import { isProviderError } from '@sx/llm';
import { isNetError } from '@sx/net';
import { createSeededRandom, runProtocol, type SeededRandom } from '@sx/testkit';

import { context, official } from './conversation.ts';

const FIXTURES = `${import.meta.dirname}/fixtures`;
const files = readdirSync(FIXTURES).sort().map((name) => `${FIXTURES}/${name}/response.http`);
const responses = files.filter((file) => existsSync(file)).map((file) => readFileSync(file));

function damage(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length);
  const length = 1 + random.below(12);
  const piece = bytes.subarray(random.below(bytes.length)).subarray(0, length);
  const noise = Uint8Array.from({ length }, () => random.below(256));
  const middle = random.pick([noise, piece, new Uint8Array(), Buffer.from(random.pick(['\n\n', '"', '}', '{"type":"error"}', 'null', '\u0000']))]);
  return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + random.pick([0, length]))]);
}

it('gives a typed fault or a finished message, whatever bytes were changed, lost or added', () => {
  const random = createSeededRandom(11);
  let faults = 0;
  for (let round = 0; round < 4_000; round++) {
    const bytes = damage(random.pick(responses), random);
    const { error, events, message } = runProtocol(official, context, [bytes]);
    if (events.at(-1)?.type === 'finish') continue;
    faults += 1;
    assert.ok(isProviderError(error) || isNetError(error), String(error));
    assert.equal(message.providerMetadata, undefined);
  }
  assert.ok(faults > 1_000, `${faults} faults`);
});
