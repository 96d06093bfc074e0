/** Plain lines on a pseudo-terminal: `TERM=dumb` and screen readers get everything that the screen has, and not one sequence. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { onTerminal, type Step, type TerminalRun } from './pseudo-terminal.ts';
import { type Simulated, simulate } from './simulated.ts';

const CTRL_C = '\u0003';
const READY = /(?:^|\n)> $/;
/** In the shape of the vendor's keys. */
const KEY = `sk-ant-api03-${'k'.repeat(40)}`;

function environment({ simulator: { urls, caFile } }: Simulated): Record<string, string> {
  return { PROVIDER: 'codex', CODEX_API_URL: urls.codex, CODEX_OAUTH_URL: urls.oauth, ...(caFile === undefined ? {} : { CA_FILE: caFile }) };
}

interface Sitting {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function sit(simulated: Simulated, steps: readonly Step[], { args = [], env = environment(simulated) }: Sitting = {}): Promise<TerminalRun> {
  const run = await onTerminal(simulated, args, { env: { TERM: 'dumb', ...env }, steps });
  // Ctrl-C is echoed by the terminal as two letters. No tab, no escape, no carriage return of ours but those before a line feed.
  assert.doesNotMatch(run.output.replaceAll('\r\n', '\n'), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  return run;
}

describe('plain lines', () => {
  test('a turn over two lines, what it cost, what was folded, the help, and the way out', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: /codex gpt-5\.5, mode default\r\n> $/, write: '[script]\\\nthink of otters\\\nsay Done.\n' },
      { until: /\.\.\. [\s\S]*> $/, write: '/more\n' },
      { until: /of otters\r\n[\s\S]*> $/, write: '/more\n' },
      { until: /nothing is folded\r\n> $/, write: '/help\n' },
      { until: /\/queue PROMPT[\s\S]*> $/, write: '/nonsense\n' },
      { until: /not sent:\r\n\/nonsense[\s\S]*there is no command \/nonsense[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    assert.match(run.output, /thought, 1 line \(\/more shows it\)\r\n[\s\S]*Done\.\r\ncodex gpt-5\.5, mode default, context 1 % of 272k, [\d.]+k? tokens in, \d+ out, 5 h \d+ % used, 7 d \d+ % used\r\n> /);
    assert.match(run.output, /sx -r [0-9a-f]{8} goes on with this session/);
    assert.doesNotMatch(run.output, /ctrl\+o|Shift-Tab/i);
  });

  test('a question shows the command in full and is answered by its number; always holds in this project', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\ncall shell {"command":"touch made && echo one two"}\n' },
      { until: /\$ touch made && echo one two\r\n[\s\S]*1\. Yes, once\r\n2\. Yes, and for this session: [^\r]*\r\n3\. Yes, and always in this project: allow shell\(touch made:\*\); is written to [^\r]*permissions\.txt under \[[^\r]*\]\r\n4\. No, and tell why\r\n1-4\? $/, write: 'y\n' },
      { until: /a number from 1 to 4 answers\r\n1-4\? $/, write: '9\n' },
      { until: /a number from 1 to 4 answers\r\n1-4\? $/, write: '4\n' },
      { until: /why not\? $/, write: 'use make\n' },
      { until: /says: use make[\s\S]*> $/, write: '[script]\\\ncall shell {"command":"touch made"}\n' },
      { until: /1-4\? $/, write: '3\n' },
      { until: /allow shell\(touch made:\*\) is in [\s\S]*> $/, write: '[script]\\\ncall shell {"command":"touch made again"}\n' },
      { until: /✓ touch made again[\s\S]*> $/, write: '\u0004' },
    ]);
    assert.equal(run.code, 0);
    assert.ok(existsSync(join(simulated.project, 'again')));
    assert.match(JSON.stringify(simulated.simulator.requests), /the user declined, and says: use make/);
    assert.equal(readFileSync(join(simulated.home, '.scorpiox/permissions.txt'), 'utf8'), `[${simulated.project}]\nallow shell(touch made:*)\n`);
  });

  test('a paste of several lines between two marks is one prompt, and answers nothing that is asked meanwhile', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: READY, write: '"""\nfirst line\n\n  second line\n"""\n' },
      { until: /You said: first line\r\n\r\n? *second line[\s\S]*> $/, write: '[script]\\\ncall shell {"command":"touch made"}\n' },
      { until: /1-4\? $/, write: '"""\n1\n"""\n' },
      { until: /heard after the present tools\r\n1-4\? $/, write: 'no\n' },
      { until: /› 1\r\n[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    assert.ok(!existsSync(join(simulated.project, 'made')));
  });

  test('a change is shown as a diff before it is made; the mode answers the question, and /undo takes it back', async () => {
    using simulated = await simulate();
    simulated.put('project/a.txt', 'old\n');
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\ncall read {"path":"a.txt"}\\\nthen\\\ncall edit {"path":"a.txt","oldText":"old","newText":"new"}\n' },
      { until: /- +old[\s\S]*\+ +new[\s\S]*1-\d\? $/, write: '/permissions nonsense\n' },
      { until: /the permission modes are default, accept-edits, plan\r\n/, write: '/permissions accept-edits\n' },
      { until: /permission mode accept-edits[\s\S]*mode accept-edits[^\r]*\r\n> $/, write: '/permissions\n' },
      { until: /1\. default, [^\r]*\r\n2\. accept-edits, [^\r]*\r\n3\. plan, [\s\S]*\? $/, write: '3\n' },
      { until: /permission mode plan[^\r]*\r\n> $/, write: '/undo\n' },
      { until: /given back: a\.txt\r\n> $/, write: '/diff\n' },
      { until: /no file was changed[^\r]*\r\n> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    assert.equal(readFileSync(join(simulated.project, 'a.txt'), 'utf8'), 'old\n');
  });

  test('a list that is opened at a question is answered first; then the question is said again', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\ncall shell {"command":"touch made"}\n' },
      { until: /1-4\? $/, write: '/permissions\n' },
      { until: /1\. default, [\s\S]*\r\n\? $/, write: '1\n' },
      { until: /1\. Yes, once[\s\S]*permission mode default: [^\r]*\r\n1-4\? $/, write: 'no\n' },
      { until: /no\r\n[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    assert.ok(!existsSync(join(simulated.project, 'made')));
  });

  test('a line during a turn steers, /queue and commands wait for its end', async () => {
    using simulated = await simulate();
    const go = join(simulated.project, 'go');
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\ncall shell {"command":"until [ -e go ]; do sleep 0.01; done"}\n' },
      { until: /• until \[ -e go \]/, write: 'also count otters\n' },
      { until: /heard after the present tools/, write: '/queue and then seals\n' },
      { until: /queued for after the turn/, write: '/effort low\n' },
      { until: /queued for after the turn/, write: () => (writeFileSync(go, ''), '') },
      { until: /› also count otters[\s\S]*You said: also count otters[\s\S]*› and then seals[\s\S]*You said: and then seals[\s\S]*effort low from now on\r\n> $/, write: '/quit\n' },
    ], { args: ['--allow', 'shell'] });
    assert.equal(run.code, 0);
  });

  test('Ctrl-C stops the turn and keeps what was said, gives back what waited, and leaves when it comes twice', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\nsay before the stop\\\ncall shell {"command":"sleep 30"}\n' },
      { until: /before the stop[\s\S]*• sleep 30/, write: '/queue later on\n' },
      { until: /queued for after the turn/, write: CTRL_C },
      { until: /once more leaves[\s\S]*stopped[\s\S]*not sent:\r\nlater on[\s\S]*> $/, write: 'go on\n' },
      { until: /You said: go on[\s\S]*> $/, write: CTRL_C },
      { until: /once more leaves\r\n> $/, write: CTRL_C },
    ], { args: ['--allow', 'shell'] });
    assert.equal(run.code, 0);
    assert.match(JSON.stringify(simulated.simulator.requests.at(-1)), /before the stop/);
    assert.doesNotMatch(JSON.stringify(simulated.simulator.requests), /later on/);
  });

  test('/rewind lists the prompts by number, and the one that is chosen is shown again, not sent; a to-do list says nothing more', async () => {
    using simulated = await simulate();
    const run = await sit(simulated, [
      { until: READY, write: 'of otters\n' },
      { until: /You said: of otters[\s\S]*> $/, write: '[script]\\\ncall todo {"items":[{"text":"look","state":"doing"}]}\n' },
      { until: /Done after 1 tool results[\s\S]*> $/, write: '/rewind\n' },
      { until: /Choose back to before:\r\n1\. \[script\]\r\n2\. of otters\r\nA number chooses[\s\S]*\? $/, write: '2\n' },
      { until: /forked before: of otters\r\nfiles stay as they are; \/undo gives back[\s\S]*sx -r\s+[0-9a-f]{8}[\s\S]*not sent:\r\nof otters\r\n[\s\S]*> $/, write: 'of seals\n' },
      { until: /You said: of seals[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    assert.doesNotMatch(run.output, /0\/1/);
    assert.doesNotMatch(JSON.stringify(simulated.simulator.requests.at(-1)), /otters/);
  });

  test('/resume lists the sessions by number, words filter them, an empty line leaves; -c goes on as well', async () => {
    using simulated = await simulate();
    for (const prompt of ['of otters', 'of seals']) assert.equal((await simulated.ask([prompt])).code, 0);
    const run = await sit(simulated, [
      { until: READY, write: '/resume\n' },
      { until: /1\. of seals, [^\r]*\r\n2\. of otters, [\s\S]*\? $/, write: '\n' },
      { until: /> $/, write: '/resume\n' },
      { until: /2\. of otters[\s\S]*\? $/, write: 'whales\n' },
      { until: /nothing matches "whales"[\s\S]*\? $/, write: 'otters\n' },
      { until: /1\. of otters, [\s\S]*\? $/, write: '1\n' },
      { until: /› of otters[\s\S]*You said: of otters[\s\S]*> $/, write: 'and on\n' },
      { until: /You said: and on[\s\S]*> $/, write: '/fork\n' },
      { until: /a copy goes on[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.equal(run.code, 0);
    const again = await sit(simulated, [{ until: /You said: and on[\s\S]*> $/, write: '\u0004' }], { args: ['-c'] });
    assert.equal(again.code, 0);
  });

  test('shell lines under the rules, files of commands, the export, another model', async () => {
    using simulated = await simulate();
    simulated.put('home/.scorpiox/commands/greet.md', 'say hello to $1');
    const run = await sit(simulated, [
      { until: READY, write: '!echo from-the-shell\n' },
      { until: /^!echo from-the-shell\r\n• echo from-the-shell\r\n✓ [^\r]*exit 0[\s\S]*from-the-shell[\s\S]*> $/, write: '!rm -rf .\n' },
      { until: /deny shell\(rm:\*\)[\s\S]*> $/, write: '/greet otter\n' },
      { until: /say hello to otter\r\ncodex[\s\S]*> $/, write: '/export out.md\n' },
      { until: /written to [^\r]*out\.md\r\n> $/, write: '/model\n' },
      { until: /Choose model:\r\n1\. [\s\S]*\? $/, write: '5.2\n' },
      { until: /1\. gpt-5\.2[\s\S]*\? $/, write: '1\n' },
      { until: /gpt-5\.2 answers from now on\r\n> $/, write: '/usage\n' },
      { until: /tokens: [\s\S]*plan[\s\S]*> $/, write: '/config\n' },
      { until: /PROVIDER=codex[\s\S]*> $/, write: '/compact\n' },
      { until: /the conversation was condensed[\s\S]*> $/, write: `/trace ${join(simulated.home, 'wire')}\n` },
      { until: /from now on every byte[\s\S]*> $/, write: '/quit\n' },
    ], { args: ['--deny', 'shell(rm:*)'] });
    assert.equal(run.code, 0);
    assert.match(readFileSync(join(simulated.project, 'out.md'), 'utf8'), /say hello to otter/);
  });

  test('what a model or a tool says is shown, never obeyed', async () => {
    using simulated = await simulate();
    simulated.put('project/evil.txt', 'a\u001b[31mred\u001b]0;title\u0007\u009b2J\ttab\u202eend\r\n');
    const run = await sit(simulated, [
      { until: READY, write: '[script]\\\nsay x\\\ncall read {"path":"evil.txt"}\\\nthen\\\necho\n' },
      { until: /u001b\[31mred[\s\S]*> $/, write: '/quit\n' },
    ]);
    assert.doesNotMatch(run.output, /\u202e/);
  });

  for (const [how, args, env] of [['--screen-reader', ['--screen-reader'], {}], ['SCREEN_READER=1', [], { SCREEN_READER: '1' }]] as const) {
    test(`${how} asks for them on any terminal`, async () => {
      using simulated = await simulate();
      const run = await sit(simulated, [
        { until: READY, write: 'hello otter\n' },
        { until: /You said: hello otter[\s\S]*> $/, write: '/quit\n' },
      ], { args: [...args], env: { ...environment(simulated), TERM: 'xterm-256color', ...env } });
      assert.equal(run.code, 0);
    });
  }

  test('SIGTERM ends in order', async () => {
    using simulated = await simulate();
    assert.equal((await sit(simulated, [{ until: READY, signal: 'SIGTERM' }])).code, 143);
  });

  test('without a provider the walk is a list of numbers, and the key is not shown', async () => {
    using simulated = await simulate();
    simulated.remove('home/.codex');
    simulated.remove('home/.claude');
    const { urls, caFile } = simulated.simulator;
    const run = await sit(simulated, [
      { until: /an empty line skips any\s+of them[\s\S]*Choose 1\/3 provider:[\s\S]*\? $/, write: 'anthropic\n' },
      { until: /1\. Anthropic[\s\S]*\? $/, write: '1\n' },
      { until: /API key for anthropic \(not shown\)[\s\S]*\? $/, write: `${KEY}\r` },
      { until: /stored in [\s\S]*Choose 3\/3 model:[\s\S]*\? $/, write: '\n' },
      { until: /anthropic answers; ask away[\s\S]*> $/, write: '/quit\n' },
    ], { env: { ANTHROPIC_API_URL: urls.anthropic, ...(caFile === undefined ? {} : { CA_FILE: caFile }) } });
    assert.equal(run.code, 0);
    assert.doesNotMatch(run.output, /kkkk/);
    assert.match(readFileSync(join(simulated.home, '.scorpiox/credentials/anthropic.json'), 'utf8'), /kkkk/);
  });
});
