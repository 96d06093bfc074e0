/** Every kind of image and document on every provider, from the prompt and from tools, by its bytes and never by its name. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, suite, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { gifFile, jpegFile, pdfFile, pngFile, webpFile } from '@sx/testkit';
import { ensureExecutable } from '../../../../scripts/build-executable/ensure.ts';
import { exchange, type Exchanged, type ExchangeOptions } from '../../../../scripts/matrix/exchange.ts';
import { type MatrixRow, ROWS } from '../../../../scripts/matrix/rows.ts';

const BUILT = ensureExecutable();
let simulator: Simulator;
before(async () => {
  simulator = await createSimulator({ strict: true });
});
after(() => simulator.close());

/** Names that lie about what they hold. */
const FILES = {
  'a.dat': pngFile(8, 8), 'b.png': jpegFile(8, 8), 'c.jpg': gifFile(8, 8), 'd.gif': webpFile('VP8L', 8, 8), 'e.pdf': pdfFile(1),
};
type Name = keyof typeof FILES;
const NAMES: readonly Name[] = ['a.dat', 'b.png', 'c.jpg', 'd.gif', 'e.pdf'];
/** What a vendor does not take, and how the refusal ends. */
const REFUSED: Readonly<Record<string, Partial<Record<Name, RegExp>>>> = {
  codex: { 'e.pdf': /reads no documents/ },
  gemini: { 'c.jpg': /it is image\/gif; taken are image\/png, image\/jpeg, image\/webp/ },
};

const ask = async (row: MatrixRow, options: ExchangeOptions): Promise<Exchanged> => exchange(await BUILT, simulator, row, { files: FILES, ...options });
const base64 = (name: Name): string => Buffer.from(FILES[name]).toString('base64');

for (const row of ROWS) {
  const refused = REFUSED[row.name] ?? {};
  const taken = NAMES.filter((name) => refused[name] === undefined);
  suite(row.name, () => {
    test('takes them from the prompt', async () => {
      const run = await ask(row, { prompt: 'look', args: taken.flatMap((name) => ['-i', name]) });
      assert.equal(run.code, 0, run.stderr);
      const body = JSON.stringify(run.requests[0]?.body);
      for (const name of taken) assert.ok(body.includes(base64(name)), name);
      assert.match(body, /image\/png[^]*image\/jpeg/);
    });
    test('takes them from tools', async () => {
      const calls = taken.map((name) => `call ${name === 'e.pdf' ? 'read' : 'view_image'} {"path":"${name}"}`);
      const run = await ask(row, { prompt: `go\n[script]\n${calls.join('\n')}\nthen\nsay done` });
      // Where the API wants them behind the results, from the user, the scripted model answers those.
      assert.equal(run.code, 0, run.stderr);
      const body = JSON.stringify(run.requests[1]?.body);
      for (const name of taken) assert.ok(body.includes(base64(name)), name);
    });
    for (const name of NAMES.filter((one) => refused[one] !== undefined)) {
      test(`refuses ${name} in the prompt before anything is sent`, async () => {
        const run = await ask(row, { prompt: 'look', args: ['-i', name] });
        assert.deepEqual([run.code, run.requests.length], [42, 0]);
        assert.match(JSON.stringify(run.result), refused[name] ?? /never/);
      });
      test(`gives the model a line of text in place of ${name} that a tool brought`, async () => {
        const tool = name === 'e.pdf' ? 'read' : 'view_image';
        const run = await ask(row, { prompt: `go\n[script]\ncall ${tool} {"path":"${name}"}\nthen\nsay done` });
        assert.deepEqual([run.code, run.result['result']], [0, 'done'], run.stderr);
        const body = JSON.stringify(run.requests[1]?.body);
        assert.ok(!body.includes(base64(name)));
        assert.match(body, /left out: |cannot read|reads no/);
      });
    }
  });
}
