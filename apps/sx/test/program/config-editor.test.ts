import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { onTerminal } from './pseudo-terminal.ts';
import { createSandbox, type Sandbox } from './run-sx.ts';

const USER_FILE = '.scorpiox/scorpiox-env.txt';
const userFile = (sandbox: Sandbox): string => readFileSync(join(sandbox.home, USER_FILE), 'utf8');
/** What the last frame shows, without styles. */
const lastFrame = (output: string): string => (output.split('\u001b[H').at(-1) ?? '').replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
const READY = /q quit\u001b\[0m\u001b\[K\u001b\[J$/;

describe('the editor on a terminal', () => {
  test('changes a value, saves it with the comments around it, and leaves the terminal as it was', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${USER_FILE}`, '# mine\nPROVIDER=codex\n# end\n');
    const { output, code } = await onTerminal(sandbox, ['config'], {
      steps: [
        { until: READY, write: '/REASONING_EFFORT\r' },
        { until: /> {1}REASONING_EFFORT .*q quit/s, write: ' ' },
        { until: /1 unsaved/, write: 's' },
        { until: /saved\u001b\[0m/, write: 'q' },
      ],
    });
    assert.equal(code, 0);
    assert.equal(userFile(sandbox), '# mine\nPROVIDER=codex\n# end\nREASONING_EFFORT=off\n');
    assert.ok(output.startsWith('\u001b[?1049h\u001b[?25l\u001b[?2004h') && output.endsWith('\u001b[?2004l\u001b[?25h\u001b[?1049l'));
  });

  test('shows the rows of the chosen provider; the others come when it is changed', async () => {
    using sandbox = createSandbox();
    const { output } = await onTerminal(sandbox, ['config'], {
      env: { PROVIDER: 'gemini' },
      rows: 60,
      steps: [{ until: READY, write: 'q' }],
    });
    assert.match(lastFrame(output), /> {1}PROVIDER +gemini +environment/);
    assert.match(lastFrame(output), /GEMINI_API_KEY/);
    assert.doesNotMatch(lastFrame(output), /CODEX_TOKEN_SOURCE|ANTHROPIC_API_KEY/);
  });

  test('types a text in place; arrows and Escape work', async () => {
    using sandbox = createSandbox();
    const { code } = await onTerminal(sandbox, ['config'], {
      steps: [
        { until: READY, write: '\u001b[B\r' },
        { until: /MODEL=sonnet_/, write: '\u0015opus\r' },
        { until: /1 unsaved/, write: '\u001b[A\u001b[A\u001b' },
        { until: /> {1}PROVIDER/, write: 's' },
        { until: /saved\u001b\[0m/, write: 'q' },
      ],
    });
    assert.equal(code, 0);
    assert.equal(userFile(sandbox), 'MODEL=opus\n');
  });

  test('a secret is masked from the file to the screen', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${USER_FILE}`, 'PROVIDER=anthropic\nANTHROPIC_API_KEY=marked-old\n');
    const { output } = await onTerminal(sandbox, ['config'], {
      steps: [
        { until: READY, write: '/ANTHROPIC_API_KEY\r' },
        { until: /> {1}ANTHROPIC_API_KEY +\*{8}/, write: '\r' },
        { until: /ANTHROPIC_API_KEY=_/, write: '\u001b[200~marked-new\n\u001b[201~\r' },
        { until: /1 unsaved/, write: 's' },
        { until: /saved\u001b\[0m/, write: 'q' },
      ],
    });
    assert.doesNotMatch(output, /marked/);
    assert.match(userFile(sandbox), /^ANTHROPIC_API_KEY=marked-new$/m);
  });

  test('quitting with changes asks first, and then drops them', async () => {
    using sandbox = createSandbox();
    const { code } = await onTerminal(sandbox, ['config'], { steps: [{ until: READY, write: ' ' }, { until: /1 unsaved/, write: 'q' }, { until: /unsaved: s saves/, write: 'q' }] });
    assert.equal(code, 0);
    assert.ok(!existsSync(join(sandbox.home, USER_FILE)));
  });

  for (const [rule, step, exit] of [
    ['Ctrl-C', { write: '\u0003' }, 130],
    ['SIGTERM', { signal: 'SIGTERM' }, 143],
    ['SIGINT from elsewhere', { signal: 'SIGINT' }, 130],
    ['SIGHUP', { signal: 'SIGHUP' }, 143],
  ] as const) {
    test(`${rule} leaves without saving, and the terminal is as it was`, async () => {
      using sandbox = createSandbox();
      const { output, code } = await onTerminal(sandbox, ['config'], { steps: [{ until: READY, write: ' ' }, { until: /1 unsaved/, ...step }] });
      assert.equal(code, exit);
      assert.match(output, /\u001b\[\?25h\u001b\[\?1049l/);
      assert.ok(!existsSync(join(sandbox.home, USER_FILE)));
    });
  }

  test('fits on 40 columns', async () => {
    using sandbox = createSandbox();
    const { output } = await onTerminal(sandbox, ['config'], { columns: 40, rows: 12, steps: [{ until: READY, write: 'q' }] });
    const lines = lastFrame(output).split(/\r*\n/);
    assert.equal(lines.length, 12);
    for (const line of lines) assert.ok(line.length <= 40, line);
  });

  test('follows the size of the window', async () => {
    using sandbox = createSandbox();
    const { output } = await onTerminal(sandbox, ['config'], { steps: [{ until: READY, resize: { rows: 6, columns: 40 } }, { until: /s save q quit\u001b/, write: 'q' }] });
    assert.equal(lastFrame(output).split(/\r*\n/).length, 6);
  });

  test('what is set above is said, and --level names the file', async () => {
    using sandbox = createSandbox();
    const { output } = await onTerminal(sandbox, ['config', '--level', 'project'], { env: { PROVIDER: 'codex' }, steps: [{ until: READY, write: ' ' }, { until: /the environment sets it too, and wins/, write: 's' }, { until: /which wins/, write: 'q' }] });
    assert.match(output, /sx: PROVIDER is also set by the environment, which wins/);
    assert.equal(readFileSync(join(sandbox.project, '.scorpiox/scorpiox-env.txt'), 'utf8'), 'PROVIDER=claude_code\n');
  });

  test('TERM=dumb, and --all, get a list', async () => {
    using sandbox = createSandbox();
    assert.match((await onTerminal(sandbox, ['config'], { env: { TERM: 'dumb', MODEL: 'opus' } })).output, /^MODEL=opus\r\n$/);
    assert.match((await onTerminal(sandbox, ['config', '--all'])).output, /^PROVIDER=scorpiox\r\nMODEL=sonnet\r\n/);
  });
});

describe('sx config edit', () => {
  function script(sandbox: Sandbox, text: string): Record<string, string> {
    return { EDITOR: `${sandbox.put('home/editor', `#!/bin/sh\n${text}\n`, 0o755)} -x`, VISUAL: '' };
  }

  test('runs the editor with its arguments on a copy, and stores what it made', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${USER_FILE}`, '# mine\nMODEL=a\n');
    const env = script(sandbox, 'test "$1" = -x && sed -i s/MODEL=a/MODEL=b/ "$2" && env > "$HOME/seen"');
    const { output, code } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env: { ...env, OPENAI_API_KEY: 'marked-key' } });
    assert.deepEqual([code, output], [0, `changed ${join(sandbox.home, USER_FILE)}\r\n`]);
    assert.equal(userFile(sandbox), '# mine\nMODEL=b\n');
    assert.doesNotMatch(readFileSync(join(sandbox.home, 'seen'), 'utf8'), /marked/);
  });

  test('opens also what is broken', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${USER_FILE}`, 'no line\nMAX_TURNS=many\n');
    const { code } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env: script(sandbox, 'echo MODEL=b > "$2"') });
    assert.equal(code, 0);
    assert.equal(userFile(sandbox), 'MODEL=b\n');
  });

  test('VISUAL comes first; a text that is the same changes nothing', async () => {
    using sandbox = createSandbox();
    const { output } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env: { VISUAL: 'true', EDITOR: 'false' } });
    assert.match(output, /is as it was\r\n$/);
    assert.ok(!existsSync(join(sandbox.home, USER_FILE)));
  });

  for (const [rule, text, says] of [
    ['a value that the key does not take', 'MAX_TURNS=many', /scorpiox-env\.txt:1: MAX_TURNS: expected a whole number .*\[CONFIG_BAD_VALUE\]/],
    ['a line that is none', 'hello', /:1: expected KEY=VALUE .*\[CONFIG_BAD_LINE\]/],
  ] as const) {
    test(`${rule}: the file is as it was, and what was typed is kept`, async () => {
      using sandbox = createSandbox();
      const temporary = sandbox.put('temporary/x', '');
      sandbox.put(`home/${USER_FILE}`, 'MODEL=a\n');
      const { output, code } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env: { ...script(sandbox, `echo '${text}' > "$2"`), TMPDIR: join(temporary, '..') } });
      assert.equal(code, 52);
      assert.match(output.replaceAll('\r\n', ' '), says);
      const kept = /what you wrote is in (\S+)/.exec(output)?.[1] ?? '';
      assert.equal(readFileSync(kept, 'utf8'), `${text}\n`);
      assert.equal(userFile(sandbox), 'MODEL=a\n');
    });
  }

  test('an editor that fails changes nothing, and leaves nothing behind', async () => {
    using sandbox = createSandbox();
    const temporary = join(sandbox.put('temporary/x', ''), '..');
    const { output, code } = await onTerminal(sandbox, ['config', 'edit'], { env: { ...script(sandbox, 'echo MODEL=b > "$2"; exit 3'), TMPDIR: temporary } });
    assert.equal(code, 1);
    assert.match(output, /ended with exit code 3; nothing was changed \[CLI_EDITOR_FAILED\]/);
    assert.deepEqual(readdirSync(temporary), ['x']);
  });

  test('a file that was trusted stays so; one that was not does not become it', async () => {
    using sandbox = createSandbox();
    const env = script(sandbox, 'echo PROVIDER=codex >> "$2"');
    await onTerminal(sandbox, ['config', 'edit'], { env });
    assert.equal((await sandbox.sx(['config', 'get', 'PROVIDER'])).stdout, 'codex\n');
    sandbox.put('project/.scorpiox/scorpiox-env.txt', 'HTTPS_PROXY=http://evil.example\n');
    const { output } = await onTerminal(sandbox, ['config', 'edit'], { env });
    assert.match(output, /is not trusted, so not all of it counts/);
    assert.equal((await sandbox.sx(['config', 'get', 'PROVIDER'])).stdout, 'scorpiox\n');
    assert.equal((await sandbox.sx(['config', 'get', 'HTTPS_PROXY'])).stdout, '\n');
  });

  test('a file that another program changed meanwhile is not overwritten', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${USER_FILE}`, 'MODEL=a\n');
    const { output, code } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env: script(sandbox, `echo MODEL=mine > "$2"; echo MODEL=theirs > "$HOME/${USER_FILE}"`) });
    assert.equal(code, 52);
    assert.match(output.replaceAll('\r\n', ' '), /changed by another program meanwhile.*what you wrote is in/);
    assert.equal(userFile(sandbox), 'MODEL=theirs\n');
  });

  test('Ctrl-C belongs to the editor', async () => {
    using sandbox = createSandbox();
    // Twice: the second one would end a program that takes them for its own.
    const env = script(sandbox, "n=0; trap 'n=$((n+1)); echo got $n; test $n = 2 && echo MODEL=survived > \"$2\" && exit 0' INT; echo waiting; while :; do sleep 0.05; done");
    const steps = [{ until: /waiting/, write: '\u0003' }, { until: /got 1/, write: '\u0003' }];
    const { code } = await onTerminal(sandbox, ['config', 'edit', '--level', 'user'], { env, steps });
    assert.equal(code, 0);
    assert.equal(userFile(sandbox), 'MODEL=survived\n');
  });

  test('without a terminal it is an error that says what else there is', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await sandbox.sx(['config', 'edit']);
    assert.equal(code, 42);
    assert.match(stderr, /needs a terminal \[CLI_NOT_INTERACTIVE\]\n.*sx config set KEY VALUE/);
  });
});
