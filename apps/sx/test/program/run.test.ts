import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { demoTask } from '@sx/simulator';

import { simulate } from './simulated.ts';

function jsonLines(stdout: string): JsonObject[] {
  return stdout.trimEnd().split('\n').map((line) => {
    const value = parseJson(line);
    assert.ok(isObject(value), line);
    return value;
  });
}

const script = (...directives: readonly string[]): string => ['go', '[script]', ...directives].join('\n');

test('the answer is on standard output, and nothing else', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(['hello']);
  assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
  assert.match(stderr, /^Thinking about it\n/);
});

test('exec is the same as -p, and - takes the prompt from standard input', async () => {
  using simulated = await simulate();
  assert.equal((await simulated.sx(['exec', 'hello'])).stdout, 'You said: hello\n');
  assert.equal((await simulated.ask(['-'], { stdin: 'from a pipe' })).stdout, 'You said: from a pipe\n');
});

test('standard input is appended to the prompt in a tagged block', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.ask(['explain'], { stdin: 'line 1\n' });
  assert.equal(stdout, 'You said: explain\n\n<stdin>\nline 1\n</stdin>\n');
  assert.equal((await simulated.ask(['explain', '--no-stdin'], { stdin: 'line 1\n' })).stdout, 'You said: explain\n');
});

test('a regular file on standard input is always read', async () => {
  using simulated = await simulate();
  const file = simulated.put('project/notes.txt', 'from a file\n');
  assert.equal((await simulated.ask(['explain'], { stdinFile: file })).stdout, 'You said: explain\n\n<stdin>\nfrom a file\n</stdin>\n');
  assert.equal((await simulated.ask(['-'], { stdinFile: file })).stdout, 'You said: from a file\n');
});

test('the demo task: reads, edits and checks, with what it was allowed', async () => {
  using simulated = await simulate();
  for (const [path, content] of Object.entries(demoTask.files)) simulated.put(`project/${path}`, content, 0o644);
  const { code, stdout, stderr } = await simulated.ask([demoTask.prompt, '--permission-mode', 'accept-edits', '--allow', 'shell(sh src/greet.sh)']);
  assert.match(stdout, new RegExp(demoTask.expectedAnswer.replaceAll('`', '.')));
  assert.equal(code, 0);
  assert.match(stderr, /^• /m);
  assert.equal(readFileSync(join(simulated.project, 'greeting.txt'), 'utf8'), demoTask.expectedFiles['greeting.txt']);
});

test('headless, writing is refused with a reason that the model reads', async () => {
  using simulated = await simulate();
  const { code, stdout } = await simulated.ask([script('call write {"path":"a.txt","content":"x"}', 'then', 'echo'), '--output-format', 'stream-json']);
  const lines = jsonLines(stdout);
  assert.ok(lines.some((line) => line['subtype'] === 'permission_denied' && line['tool_name'] === 'write'));
  const result = lines.at(-1);
  assert.deepEqual([code, result?.['subtype'], Array.isArray(result?.['permission_denials']) && result['permission_denials'].length], [0, 'success', 1]);
  assert.match(String(result?.['result']), /approval|allow/);
  assert.throws(() => readFileSync(join(simulated.project, 'a.txt')));
});

test('--allow, --deny and the modes decide what is written', async (t) => {
  using simulated = await simulate();
  const cases: readonly (readonly [args: readonly string[], written: boolean])[] = [
    [['--allow', 'edit(a.txt)'], true],
    [['--allow', 'edit(b.txt)'], false],
    [['--permission-mode', 'accept-edits'], true],
    [['--permission-mode', 'accept-edits', '--deny', 'edit(a.txt)'], false],
    [['--permission-mode', 'plan', '--allow', 'edit'], false],
    [['--dangerously-skip-permissions'], true],
  ];
  for (const [args, written] of cases) {
    await t.test(args.join(' '), async () => {
      simulated.remove('project/a.txt');
      await simulated.ask([script('call write {"path":"a.txt","content":"x"}', 'then', 'echo'), ...args]);
      let found = true;
      try {
        readFileSync(join(simulated.project, 'a.txt'));
      } catch {
        found = false;
      }
      assert.equal(found, written);
    });
  }
});

test('TOOLS=0 offers no tool', async () => {
  using simulated = await simulate();
  const [init] = jsonLines((await simulated.ask(['hello', '--output-format', 'stream-json'], { env: { TOOLS: '0' } })).stdout);
  assert.deepEqual(init?.['tools'], []);
});

test('stream-json is one object a line, numbered, the result last', async () => {
  using simulated = await simulate();
  for (const args of [['--json'], ['--output-format', 'stream-json', '--include-partial-messages']]) {
    const lines = jsonLines((await simulated.ask(['hello', ...args])).stdout);
    assert.deepEqual(lines.map((line) => line['seq']), lines.map((_, index) => index));
    assert.deepEqual([lines[0]?.['type'], lines[0]?.['subtype'], lines.at(-1)?.['type']], ['system', 'init', 'result']);
    assert.equal(lines.some((line) => line['type'] === 'stream_event'), args.length > 1);
  }
});

test('-o keeps the answer in a file, to the letter', async () => {
  using simulated = await simulate();
  await simulated.ask(['hello', '-o', 'answer.txt']);
  assert.equal(readFileSync(join(simulated.project, 'answer.txt'), 'utf8'), 'You said: hello');
  const failed = await simulated.ask(['hello', '-o', 'no/such/folder/answer.txt']);
  assert.deepEqual([failed.code, failed.stdout], [1, 'You said: hello\n']);
  assert.match(failed.stderr, /cannot be written \(ENOENT\) \[CLI_OUTPUT_FILE\]\n$/);
});

test('a prompt with what the model cannot read is refused before anything is sent', async () => {
  using simulated = await simulate();
  simulated.put('project/paper.bin', '%PDF-1.4\n');
  const requests = simulated.simulator.requests.length;
  const { code, stderr } = await simulated.ask(['look', '-i', 'paper.bin']);
  assert.equal(code, 42);
  assert.match(stderr, /document paper\.bin cannot be sent: this model reads no documents \[PROVIDER_MEDIA_REFUSED\]/);
  assert.equal(simulated.simulator.requests.length, requests);
});

test('an image reaches the model', async () => {
  using simulated = await simulate();
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  simulated.put('project/dot.png', png);
  assert.equal((await simulated.ask(['look', '-i', 'dot.png'])).stdout, 'You said: look I see 1 image.\n');
});

const LIMITS: readonly (readonly [args: readonly string[], scenario: string, exit: number, subtype: string])[] = [
  [['--max-turns', '2'], 'tool-loop', 53, 'error_max_turns'],
  [['--max-tokens', '10'], 'tool-loop', 56, 'error_max_tokens'],
  [['--max-budget-usd', '0.01', '-e', 'MODEL_PRICE=1/1'], 'tool-loop', 56, 'error_max_budget_usd'],
  [['--max-seconds', '1'], 'silent-stream', 57, 'error_max_seconds'],
];
test('limits end the run with their own result and exit code', async (t) => {
  using simulated = await simulate();
  for (const [args, scenario, exit, subtype] of LIMITS) {
    await t.test(args.join(' '), async () => {
      const { code, stdout, stderr } = await simulated.ask(['go', ...args, '--json'], { scenario });
      const result = jsonLines(stdout).at(-1);
      assert.deepEqual([code, result?.['subtype'], result?.['exit_code']], [exit, subtype, exit]);
      assert.match(stderr, /^sx: the (\w+ limit was reached|budget was used up)$/m);
    });
  }
});

test('a budget counts what each turn cost; without a price nothing is sent', async () => {
  using simulated = await simulate();
  const priced = jsonLines((await simulated.ask(['go', '--json', '--max-budget-usd', '0.01', '-e', 'MODEL_PRICE=1/1'], { scenario: 'tool-loop' })).stdout).at(-1);
  const cost = Number(priced?.['total_cost_usd']);
  assert.ok(cost >= 0.01 && cost < 0.1, String(cost));
  assert.ok(Number(priced?.['num_turns']) > 1);
  const before = simulated.simulator.requests.length;
  const unpriced = await simulated.ask(['go', '--max-budget-usd', '1', '--json']);
  assert.deepEqual([unpriced.code, jsonLines(unpriced.stdout).at(-1)?.['error_code'], simulated.simulator.requests.length], [52, 'AGENT_PRICE_UNKNOWN', before]);
  assert.match(unpriced.stderr, /no price is known for gpt-5\.5 of codex .*\n {4}MODEL_PRICE=input\/output/);
});

test('--bare reads nothing of the project but what it forbids', async () => {
  using simulated = await simulate();
  simulated.put('project/scorpiox-env.txt', 'TOOLS=0\n');
  simulated.put('project/.scorpiox/permissions.txt', 'deny read(secret.txt)\n');
  simulated.put('project/secret.txt', 'hidden');
  const tools = async (...flags: string[]): Promise<unknown> => jsonLines((await simulated.ask(['hi', '--json', ...flags])).stdout)[0]?.['tools'];
  assert.deepEqual(await tools(), []);
  assert.notDeepEqual(await tools('--bare'), []);
  const { stdout } = await simulated.ask([script('call read {"path":"secret.txt"}', 'then', 'echo'), '--bare']);
  assert.match(stdout, /Permission denied: the rule/);
});

for (const [signal, exit, subtype] of [['SIGINT', 130, 'interrupted'], ['SIGTERM', 143, 'interrupted']] as const) {
  test(`${signal} stops the turn and the result is still printed`, async () => {
    using simulated = await simulate();
    const { code, stdout } = await simulated.ask(['go', '--json', '--include-partial-messages'], {
      scenario: 'stalled-stream',
      onStart: (child) => {
        let sent = false;
        child.onOutput((_, text) => {
          if (sent || !text.includes('text_delta')) return;
          sent = true;
          child.kill(signal);
        });
      },
    });
    const result = jsonLines(stdout).at(-1);
    assert.deepEqual([code, result?.['type'], result?.['subtype'], result?.['exit_code']], [exit, 'result', subtype, exit]);
    assert.match(String(result?.['partial_result']), /^The server answers/);
  });
}

test('a command that ignores the first Ctrl-C does not keep the second from leaving', async () => {
  using simulated = await simulate();
  const marker = `sx-stubborn-${process.pid}`;
  const command = `trap '' INT TERM; : ${marker}; while :; do :; done`;
  const { code, stdout } = await simulated.ask([script(`call shell ${JSON.stringify({ command })}`), '--json', '--permission-mode', 'bypass'], {
    onStart: (child) => {
      let count = 0;
      child.onOutput((_, text) => {
        if (count === 0 && text.includes('tool_use')) {
          count = 1;
          child.kill('SIGINT');
          setTimeout(() => child.kill('SIGINT'), 200);
        }
      });
    },
  });
  assert.equal(code, 130);
  assert.equal(jsonLines(stdout).at(-1)?.['subtype'], 'interrupted');
  // A killed process is listed until the kernel has taken it apart.
  const running = (): string[] => globSync('/proc/[0-9]*/cmdline').filter((file) => readIfThere(file).includes(marker));
  for (let checks = 0; running().length > 0; checks += 1) {
    assert.ok(checks < 1_000, 'the command outlived the program');
    await setImmediate();
  }
});

/** Processes come and go while their list is read. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

test('a reader that goes away ends the run quietly', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.ask(['go', '--include-partial-messages'], {
    scenario: 'slow-stream,delayMs=20',
    onStart: (child) => child.onOutput((stream) => stream === 'stdout' && child.closeStdout()),
  });
  assert.equal(code, 1);
  assert.doesNotMatch(stderr, /EPIPE|\n\s+at /);
});

test('what a model sends cannot act on the terminal', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.ask([script('say \u001b]0;owned\u0007\u001b[2J')]);
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
  assert.match(stdout, /\\u001b\[2J/);
});

test('no token is in any output, trace or error', async () => {
  using simulated = await simulate();
  const auth = parseJson(readFileSync(join(simulated.home, '.codex/auth.json'), 'utf8'));
  assert.ok(isObject(auth) && isObject(auth['tokens']));
  const secrets = Object.values(auth['tokens']).filter((value): value is string => typeof value === 'string' && value.length > 40);
  assert.ok(secrets.length >= 2);
  for (const scenario of ['auto', 'unauthorized', 'invalid-request', 'garbage']) {
    const { stdout, stderr } = await simulated.ask(['hello', '--debug', '--json', '--verbose', '--trace', 'trace.jsonl'], { scenario, env: { AGENT_RETRY_MAX: '0' } });
    const all = stdout + stderr + readFileSync(join(simulated.project, 'trace.jsonl'), 'utf8');
    assert.ok(all.includes('POST /'));
    for (const secret of secrets) assert.ok(!all.includes(secret), scenario);
  }
});

test('children of the program get none of its secrets', async () => {
  using simulated = await simulate();
  const env = { OPENAI_API_KEY: 'marked-key', MY_SERVICE_TOKEN: 'marked-token', HARMLESS: 'marked-harmless' };
  const { stdout } = await simulated.ask([script('call shell {"command":"env"}', 'then', 'echo'), '--permission-mode', 'bypass'], { env });
  assert.doesNotMatch(stdout, /marked-(key|token)/);
  assert.match(stdout, /marked-harmless/);
});

test('PROXY_MODE=strict never calls the provider itself', async () => {
  using simulated = await simulate();
  const { origin } = new URL(simulated.simulator.url);
  const through = await simulated.ask(['hello'], { env: { CODEX_API_URL: 'https://chatgpt.example.com/backend-api/codex', PROXY_URL: origin, PROXY_MODE: 'strict' } });
  assert.deepEqual([through.code, through.stdout], [0, 'You said: hello\n']);
  const down = await simulated.ask(['hello'], { env: { PROXY_URL: 'https://127.0.0.1:1', PROXY_MODE: 'strict', AGENT_RETRY_MAX: '0' } });
  assert.equal(down.code, 61);
  const soft = await simulated.ask(['hello'], { env: { PROXY_URL: 'https://127.0.0.1:1', AGENT_RETRY_MAX: '0' } });
  assert.equal(soft.stdout, 'You said: hello\n');
  assert.match(soft.stderr, /^sx: PROXY_URL cannot be reached \(NET_CONNECT\)/m);
});
