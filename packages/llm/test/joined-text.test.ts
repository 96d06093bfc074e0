import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { JoinedText } from '@sx/llm';

describe('JoinedText', () => {
  it('is every piece in order, whenever it is asked', () => {
    const text = new JoinedText();
    let expected = '';
    assert.equal(text.toString(), '');
    for (let index = 0; index < 2_000; index += 1) {
      text.add(`${index} `);
      expected += `${index} `;
      // Around the ends of blocks, and twice in a row.
      if (index % 255 < 3) assert.deepEqual([text.toString(), text.toString()], [expected, expected]);
    }
    assert.equal(text.toString(), expected);
  });
});
