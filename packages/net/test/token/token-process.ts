/**
 * One of many processes that want a token, for the tests of races and kills.
 *
 * In: argv: file, issuer, where to stop. It prints `ready`, waits for a line on stdin (so that all start at once), asks
 * for a token and prints it, or the error. Stopping means: print `stopped` and wait to be killed.
 */
import { once } from 'node:events';
import * as fileSystem from 'node:fs/promises';
import { request } from 'node:http';

import { isNetError, NetError } from '../../src/net-error.ts';
import type { RefreshedCredential } from '../../src/token/credential-update.ts';
import { createFileTokenSource } from '../../src/token/file-token-source.ts';

type Stop = 'nowhere' | 'before-request' | 'after-answer' | 'after-rename';
const [file = '', issuer = '', stop = 'nowhere'] = process.argv.slice(2);

async function stopAt(place: Stop): Promise<void> {
  if (stop !== place) return;
  console.log('stopped');
  await new Promise(() => setInterval(() => undefined, 60_000));
}

async function refresh({ refreshToken }: { readonly refreshToken: string }): Promise<RefreshedCredential> {
  await stopAt('before-request');
  const sent = request(issuer, { method: 'POST', agent: false });
  sent.end(new URLSearchParams({ refresh_token: refreshToken }).toString());
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response) text += String(piece);
  await stopAt('after-answer');
  if (response.statusCode !== 200) throw new NetError('NET_TOKEN_SIGNED_OUT', 'refused');
  const answer = JSON.parse(text);
  return { accessToken: String(answer.access_token), refreshToken: String(answer.refresh_token) };
}

const source = createFileTokenSource({
  files: [file],
  provider: 'codex',
  refresh,
  fileSystem: {
    ...fileSystem,
    async rename(from, to) {
      await fileSystem.rename(from, to);
      await stopAt('after-rename');
    },
  },
});
console.log('ready');
await once(process.stdin, 'data');
try {
  console.log(`token ${(await source.get()).accessToken}`);
} catch (error) {
  console.log(`error ${isNetError(error) ? `${error.code} ${error.message}` : String(error)}`);
}
process.stdin.destroy();
