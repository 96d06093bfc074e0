import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';

import type { Tool } from '@sx/agent';

import { toolLimits } from '../src/limits.ts';
import { createShellJobs } from '../src/shell-jobs.ts';
import { createShellTool } from '../src/shell.ts';
import { createFixture } from './tool-fixture.ts';

const { root, write, call } = createFixture();
const jobs = createShellJobs();
after(() => jobs.close());
const shell = createShellTool({ jobs });
const named = (name: string): Tool => jobs.tools.find(({ definition }) => definition.name === name) ?? assert.fail(name);
const output = (job: string, waitMs = 5_000) => call(named('shell_output'), { job, waitMs });

async function start(command: string): Promise<string> {
  const { text, isError } = await call(shell, { command, background: true });
  assert.equal(isError, false, text);
  return /^\[(job-\d+) runs in the background\]$/.exec(text)?.[1] ?? assert.fail(text);
}

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

test('a job runs on while other calls run; its output comes piece by piece, then how it ended', async () => {
  const job = await start(`echo first; while [ ! -e go ]; do sleep 0.01; done; echo second; exit 3`);
  assert.match((await output(job)).text, /^first\n\[job-\d+ still runs\]$/);
  assert.match((await call(shell, { command: 'echo beside' })).text, /^beside/);
  write('go', '');
  assert.match((await output(job)).text, /^second\n\[job-\d+ (still runs|ended with exit 3)\]$/);
  assert.match((await output(job)).text, /^\[job-\d+ ended with exit 3\]$/);
});

test('looking without waiting answers at once', async () => {
  const job = await start('sleep 60');
  assert.match((await output(job, 0)).text, /^\[job-\d+ still runs\]$/);
  await call(named('shell_stop'), { job });
});

test('stopping ends everything that it started', async () => {
  const job = await start('sleep 60 & echo $!; wait');
  const pid = Number(/^(\d+)/.exec((await output(job)).text)?.[1]);
  assert.match((await call(named('shell_stop'), { job })).text, /was stopped/);
  assert.ok(isGone(pid), String(pid));
});

test('secrets are masked, also in two pieces, and escape sequences do not come through', async () => {
  const job = await start('printf "hunt"; sleep 0.05; printf "er2\\033[31m\\n"; sleep 0.05');
  assert.match((await output(job)).text, /^\[redacted\]\n/);
});

test('of unread output the last part is kept, and what was dropped is counted', async () => {
  const job = await start(`head -c ${toolLimits.jobOutputCharsMax * 3} /dev/zero | tr '\\0' 'x' | fold -w 99; echo end`);
  await call(shell, { command: 'true' });
  let text = '';
  for (let seen = await output(job); ; seen = await output(job)) {
    text += seen.text;
    assert.ok(seen.text.length <= toolLimits.jobOutputCharsMax + 200);
    if (/ended with exit 0/.test(seen.text)) break;
  }
  assert.match(text, /end\n/);
});

test('one piece that is larger than what is kept leaves its end', async () => {
  const job = await start(`head -c ${toolLimits.jobOutputCharsMax + 5_000} /dev/zero | tr '\\0' 'x'; echo the end`);
  let text = '';
  while (!/ended/.test(text)) text += (await output(job)).text;
  const shown = text.replaceAll(/\n?\[job-\d+ still runs\]/g, '').replaceAll(/x{100}/g, '~');
  assert.match(shown, /~{5}x*the end\n?\[job-\d+ ended with exit 0\]$/, shown.slice(-200));
});

test('there is a limit for jobs; ended ones make room; unknown ones are named', async () => {
  const here = createShellJobs();
  const there = createShellTool({ jobs: here });
  for (let index = 0; index < toolLimits.jobsMax; index++) await call(there, { command: 'sleep 60', background: true });
  const refused = await call(there, { command: 'sleep 60', background: true });
  assert.ok(refused.isError);
  assert.match(refused.text, /8 jobs run already: job-1/);
  const stop = here.tools.find(({ definition }) => definition.name === 'shell_stop') ?? assert.fail();
  await call(stop, { job: 'job-2' });
  assert.match((await call(there, { command: 'true', background: true })).text, /job-9/);
  assert.match((await call(stop, { job: 'job-77' })).text, /no job "job-77". Jobs: job-1/);
  await here.close();
  assert.match((await call(createShellJobs().tools[0] ?? assert.fail(), { job: 'x' })).text, /no background job/);
});

test('a shell that cannot be started is what the job says', async () => {
  const { text } = await call(createShellTool({ jobs, shellPath: '/nonexistent' }), { command: 'x', background: true });
  assert.match((await output(/job-\d+/.exec(text)?.[0] ?? '')).text, /could not be started/);
  assert.equal(existsSync(`${root}/x`), false);
});
