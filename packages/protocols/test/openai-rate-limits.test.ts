import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Fields } from '@sx/net';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { responses } from '@sx/protocols/openai-responses';

const NOW_MS = 1_700_000_000_000;
const context = { origin: { provider: 'openai', protocol: 'x', model: 'm' }, capabilities: {} };
const fields = (limit: string, remaining: string, reset: string): Fields =>
  [['x-ratelimit-limit-tokens', limit], ['x-ratelimit-remaining-tokens', remaining], ['x-ratelimit-reset-tokens', reset]];

for (const protocol of [chatCompletions({}, () => NOW_MS), responses({ dialect: 'public', now: () => NOW_MS })]) {
  describe(`${protocol.id}: windows of use in the head`, () => {
    const rows: readonly (readonly [reset: string, ms: number | undefined])[] = [
      ['6m0s', 360_000], ['1.5s', 1_500], ['28ms', 28], ['1h2m3s', 3_723_000], [' 1s ', 1_000], ['2d', 172_800_000],
      ['', undefined], ['soon', undefined], ['-1s', undefined], ['5', undefined], ['9999999d', undefined], ['1s'.repeat(30), undefined],
    ];
    for (const [reset, ms] of rows) {
      it(`reset ${JSON.stringify(reset)}`, () => {
        assert.deepEqual(protocol.headEvents?.(fields('1000', '250', reset), context), [{
          type: 'rate-limits', limits: [{ limitId: 'tokens', window: 'primary', usedPercent: 75, ...(ms === undefined ? {} : { resetsAtMs: NOW_MS + ms }) }],
        }]);
      });
    }
    for (const [limit, remaining] of [['0', '0'], ['x', '1'], ['10', ''], ['-5', '1']] as const) {
      it(`nothing of ${limit} and ${remaining}`, () => assert.deepEqual(protocol.headEvents?.(fields(limit, remaining, '1s'), context), []));
    }
    it('never less than nothing, never more than all', () => {
      const used = (remaining: string) => JSON.stringify(protocol.headEvents?.(fields('10', remaining, '1s'), context));
      assert.match(used('50'), /"usedPercent":0,/);
      assert.match(used('0'), /"usedPercent":100,/);
    });
  });
}
