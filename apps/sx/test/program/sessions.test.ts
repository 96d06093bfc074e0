import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { simulate, type Simulated } from './simulated.ts';

const script = (...directives: readonly string[]): string => ['go', '[script]', ...directives].join('\n');
const TWO_TURNS = script('think hm', 'call write {"path":"a.txt","content":"x"}', 'call list {}', 'then', 'call read {"path":"a.txt"}', 'call shell {"command":"sleep 0.05; echo done"}', 'then', 'say all done');

function objects(stdout: string): JsonObject[] {
  return stdout.split('\n').map(parseJson).filter(isObject);
}

function resultOf(stdout: string): JsonObject {
  const last = objects(stdout).at(-1);
  assert.equal(last?.['type'], 'result', stdout);
  return last ?? {};
}

const files = ({ home }: Simulated): string[] => globSync('.scorpiox/sessions/*/*.jsonl', { cwd: home }).map((file) => join(home, file));

/** What was sent for a session, and what the strict server had to say about it. */
function requestsOf({ simulator }: Simulated, sessionId: unknown) {
  return simulator.requests.filter(({ body }) => isObject(body) && body['prompt_cache_key'] === sessionId);
}

test('a run is kept in the home directory, for its user only, and names its session', async () => {
  using simulated = await simulate();
  const { session_id: id } = resultOf((await simulated.ask(['hello', '--json'])).stdout);
  const [file = '', ...rest] = files(simulated);
  assert.deepEqual(rest, []);
  assert.ok(file.endsWith(`/${String(id)}.jsonl`));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(file, '../..')).mode & 0o777, 0o700);
  assert.deepEqual(globSync('.scorpiox/sessions/*/locks/*', { cwd: simulated.home }), []);
});

test('-c goes on with the latest session: same id, same instructions, nothing repeated that was sent', async () => {
  using simulated = await simulate();
  const first = resultOf((await simulated.ask([TWO_TURNS, '--json', '--permission-mode', 'bypass'])).stdout);
  const second = resultOf((await simulated.ask(['-c', 'and again', '--json'])).stdout);
  assert.deepEqual([second['session_id'], second['result']], [first['session_id'], 'You said: and again']);
  const sent = requestsOf(simulated, first['session_id']);
  assert.equal(sent.length, 4);
  for (const { refusal, remarks } of sent) assert.deepEqual([refusal, remarks], ['', []]);
  assert.equal(files(simulated).length, 1);
});

test('a session goes on at every provider, and from one to the next: what a vendor issued comes back unchanged', async () => {
  using simulated = await simulate();
  const { urls, apiKey } = simulated.simulator;
  const env = {
    ANTHROPIC_API_KEY: apiKey, ANTHROPIC_API_URL: urls.anthropic, GEMINI_API_KEY: apiKey, GEMINI_API_URL: urls.gemini, OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: urls.openai, ROUTER_URL: urls.router,
  };
  const turns = script('think hm', 'call list {}', 'then', 'say listed');
  // Aliases are for those that have models behind them.
  const at = (provider: string): string[] => ['--provider', provider, ...(provider === 'openai' || provider === 'router' ? ['-m', 'gpt-5.5'] : [])];
  for (const provider of ['anthropic', 'gemini', 'openai', 'router', 'claude_code', 'codex']) {
    const first = await simulated.ask([turns, ...at(provider)], { env });
    assert.deepEqual([first.code, first.stdout], [0, 'listed\n'], `${provider}: ${first.stderr}`);
    for (const again of [provider, 'codex', provider]) {
      const before = simulated.simulator.requests.length;
      const { code, stdout, stderr } = await simulated.ask(['-c', 'and now', ...at(again)], { env });
      assert.deepEqual([code, stdout], [0, 'You said: and now\n'], `${provider}, then ${again}: ${stderr}`);
      for (const { refusal } of simulated.simulator.requests.slice(before)) assert.equal(refusal, '', `${provider}, then ${again}`);
    }
  }
});

test('-r takes an id or its beginning; -r and -c find sessions of a project from below its root', async () => {
  using simulated = await simulate();
  const { session_id: id } = resultOf((await simulated.ask(['one', '--json'])).stdout);
  await simulated.ask(['two']);
  mkdirSync(join(simulated.project, 'deep'));
  for (const word of [String(id), String(id).slice(0, 8)]) {
    const run = await simulated.ask(['-r', word, 'three', '--json', '-C', 'deep']);
    assert.equal(resultOf(run.stdout)['session_id'], id);
  }
  const unknown = await simulated.ask(['-r', 'ffffffff', 'x']);
  assert.equal(unknown.code, 42);
  assert.match(unknown.stderr, /there is no session "ffffffff" \[AGENT_SESSION_NOT_FOUND\]\n {4}sx sessions list/);
});

test('--fork-session goes on in a copy, --session-id names it, and the old one stays as it was', async () => {
  using simulated = await simulate();
  await simulated.ask(['one']);
  const [old = ''] = files(simulated);
  const before = readFileSync(old);
  const id = '0b5b7a3e-3f0c-4b0e-8f4e-0123456789ab';
  const fork = resultOf((await simulated.ask(['-c', '--fork-session', '--session-id', id, 'two', '--json'])).stdout);
  assert.deepEqual([fork['session_id'], fork['result']], [id, 'You said: two']);
  assert.deepEqual(readFileSync(old), before);
  const [{ body } = {}] = requestsOf(simulated, id);
  assert.ok(isObject(body) && JSON.stringify(body['input']).includes('You said: one'));
  const taken = await simulated.ask(['three', '--session-id', id]);
  assert.equal(taken.code, 42);
  assert.match(taken.stderr, /\[AGENT_SESSION_EXISTS\]/);
});

test('--ephemeral keeps nothing, also where it goes on with what was kept', async () => {
  using simulated = await simulate();
  await simulated.ask(['nothing', '--ephemeral']);
  assert.deepEqual(files(simulated), []);
  await simulated.ask(['one']);
  const [file = ''] = files(simulated);
  const before = readFileSync(file);
  assert.equal((await simulated.ask(['-c', '--no-session-persistence', 'two'])).stdout, 'You said: two\n');
  assert.deepEqual(readFileSync(file), before);
});

const CONTRADICTIONS: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['-c', '-r', 'abcd'], /--continue and --resume contradict/],
  [['--fork-session'], /needs a session to copy/],
  [['--session-id', 'mine'], /expected a UUID/],
  [['-c', '--session-id', '0b5b7a3e-3f0c-4b0e-8f4e-0123456789ab'], /names a new session/],
  [['-c'], /this project has no session yet/],
];
test('flags that contradict each other or the facts are refused before anything is sent', async (t) => {
  using simulated = await simulate();
  for (const [args, says] of CONTRADICTIONS) {
    await t.test(args.join(' '), async () => {
      const { code, stderr } = await simulated.ask(['x', ...args]);
      assert.equal(code, 42);
      assert.match(stderr, says);
    });
  }
});

test('killed at any moment, a session goes on: what was shown is there, every call is paired, the server accepts it', async (t) => {
  const random = createSeededRandom(6);
  for (let round = 0; round < 8; round += 1) {
    const bytes = 400 + random.below(9_000);
    await t.test(`after ${bytes} bytes of output`, async () => {
      using simulated = await simulate();
      let shown = '';
      await simulated.ask([TWO_TURNS, '--json', '--include-partial-messages', '--permission-mode', 'bypass'], {
        onStart: (child) => child.onOutput((stream, text) => {
          if (stream === 'stdout') shown += text;
          if (shown.length >= bytes) child.kill('SIGKILL');
        }),
      });
      const lines = objects(shown);
      const { session_id: id } = lines[0] ?? {};
      const { code, stdout, stderr } = await simulated.ask(['-c', 'and now', '--json']);
      assert.deepEqual([code, resultOf(stdout)['session_id'], resultOf(stdout)['subtype']], [0, id, 'success'], stderr);
      const last = requestsOf(simulated, id).at(-1);
      // The server may have finished a response that we were killed before the end of.
      assert.deepEqual([last?.refusal, last?.remarks.filter((remark) => !/is not the output of the response before/.test(remark))], ['', []]);
      const sent = JSON.stringify(last?.body);
      assert.ok(sent.includes('"and now"'));
      for (const line of lines.filter(({ type }) => type === 'assistant')) {
        const content = isObject(line['message']) && Array.isArray(line['message']['content']) ? line['message']['content'].filter(isObject) : [];
        for (const { type, id: call } of content) if (type === 'tool_use') assert.ok(sent.includes(`"${String(call)}"`), `call ${String(call)} was shown and is gone`);
      }
    });
  }
});

test('killed while a tool runs, the call is told to the model as interrupted', async () => {
  using simulated = await simulate();
  await simulated.ask([script('call list {}', 'call shell {"command":"sleep 30"}'), '--json', '--permission-mode', 'bypass'], {
    onStart: (child) => child.onOutput((_, text) => { if (text.includes('"tool_use"')) child.kill('SIGKILL'); }),
  });
  const { code, stderr } = await simulated.ask(['-c', 'go on']);
  assert.equal(code, 0);
  assert.match(stderr, /^sx: the session was interrupted: [12] calls? ha(s|ve) no result$/m);
  assert.match(JSON.stringify(simulated.simulator.requests.at(-1)?.body), /ended before this call was done/);
});

test('a second program on the same session is refused, and a copy is offered', async () => {
  using simulated = await simulate();
  await simulated.ask(['one']);
  let second: Promise<readonly [number | null, string]> | undefined;
  await simulated.ask(['-c', 'two', '--json', '--include-partial-messages'], {
    scenario: 'stalled-stream',
    onStart: (child) => child.onOutput((_, text) => {
      if (second !== undefined || !text.includes('text_delta')) return;
      second = simulated.ask(['-c', 'three']).then(({ code, stderr }) => {
        child.kill('SIGTERM');
        return [code, stderr];
      });
    }),
  });
  const [code, stderr] = (await second) ?? [];
  assert.equal(code, 42);
  assert.match(String(stderr), /is in use by process \d+ \[AGENT_SESSION_BUSY\]\n {4}--fork-session goes on in a copy/);
  assert.match((await simulated.ask(['-c', 'four'])).stdout, /four\n$/);
});

test('a torn end is repaired, and garbage in the middle is one line on standard error', async () => {
  using simulated = await simulate();
  await simulated.ask(['one']);
  const [file = ''] = files(simulated);
  appendFileSync(file, '{"type":"mess');
  const torn = await simulated.ask(['-c', 'two']);
  assert.deepEqual([torn.code, torn.stdout, /damaged/.test(torn.stderr)], [0, 'You said: two\n', false]);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.toSpliced(3, 0, '\u0000garbage').join('\n'));
  const damaged = await simulated.ask(['-c', 'three']);
  assert.deepEqual([damaged.code, damaged.stdout], [0, 'You said: three\n']);
  assert.match(damaged.stderr, /^sx: 1 damaged line of the session could not be read and were left out, the first is line 4: NUL bytes$/m);
});

test('without a place for sessions the run goes on, with one notice', async (t) => {
  await t.test('no home', async () => {
    using simulated = await simulate();
    const token = parseJson(readFileSync(join(simulated.home, '.codex/auth.json'), 'utf8'));
    const tokens = isObject(token) && isObject(token['tokens']) ? token['tokens'] : {};
    const { code, stdout, stderr } = await simulated.ask(['hello'], { env: { HOME: '/nonexistent', CODEX_ACCESS_TOKEN: String(tokens['access_token']), CODEX_ACCOUNT_ID: String(tokens['account_id']) } });
    assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
    assert.equal(stderr.match(/nothing is kept/g)?.length, 1);
  });
  await t.test('something else is in the way', async () => {
    using simulated = await simulate();
    simulated.put('home/.scorpiox/sessions', 'a file');
    const { code, stdout, stderr } = await simulated.ask(['hello']);
    assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
    assert.equal(stderr.match(/^sx: this session is not kept: .*\((EEXIST|ENOTDIR)\)$/gm)?.length, 1, stderr);
  });
  await t.test('the disk is full', async () => {
    using simulated = await simulate();
    mkdirSync(join(simulated.home, '.scorpiox'));
    // What can be written to this device is nothing.
    const { code, stdout, stderr } = await simulated.ask(['hello'], { env: { SX_HOME: '/dev/full' } });
    assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
    assert.equal(stderr.match(/^sx: this session is not kept: /gm)?.length, 1, stderr);
  });
});

test('no token of ours is in a session file, whoever says it', async () => {
  using simulated = await simulate();
  const auth = parseJson(readFileSync(join(simulated.home, '.codex/auth.json'), 'utf8'));
  assert.ok(isObject(auth) && isObject(auth['tokens']));
  const token = String(auth['tokens']['access_token']);
  await simulated.ask([`say ${token}`]);
  const [file = ''] = files(simulated);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes('[redacted]'));
  assert.equal(text.includes(token), false);
  assert.equal((await simulated.ask(['-c', 'and now'])).stdout, 'You said: and now\n');
});

test('a model does not read what was said in other sessions, whatever the mode', async () => {
  using simulated = await simulate();
  await simulated.ask(['a word in confidence']);
  const [file = ''] = files(simulated);
  for (const call of [`read {"path":${JSON.stringify(file)}}`, `shell {"command":${JSON.stringify(`cat ${file}`)}}`, `grep {"pattern":"confidence","path":${JSON.stringify(simulated.home)}}`]) {
    const { stdout } = await simulated.ask([script(`call ${call}`, 'then', 'echo'), '--permission-mode', 'bypass', '--ephemeral']);
    assert.doesNotMatch(stdout, /a word in confidence/, call);
  }
});

test('sx sessions lists, shows, exports and deletes', async () => {
  using simulated = await simulate();
  const { session_id: id } = resultOf((await simulated.ask([TWO_TURNS, '--json', '--permission-mode', 'bypass'])).stdout);
  await simulated.ask(['-c', 'and \u001b[31mred']);
  const listed = await simulated.sx(['sessions']);
  assert.match(listed.stdout, new RegExp(`^${String(id)}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  \\S+  go \\[script\\]`));
  const json = parseJson((await simulated.sx(['sessions', 'list', '--json'])).stdout);
  assert.ok(isObject(json) && Array.isArray(json['sessions']) && isObject(json['sessions'][0]));
  assert.deepEqual([json['sessions'].length, json['sessions'][0]['session_id'], json['sessions'][0]['project']], [1, id, simulated.project]);

  const shown = (await simulated.sx(['sessions', 'show', String(id).slice(0, 8)])).stdout;
  assert.match(shown, /^# Session .*\n[^]*## User\n\ngo\n\[script\][^]*`write` \{"path":"a.txt"[^]*all done[^]*and \\u001b\[31mred/);
  const markdown = (await simulated.sx(['sessions', 'export', String(id)])).stdout;
  assert.match(markdown, /### Call: shell\n\n```json\n[^]*### Result: shell\n\n```\n[^]*done/);
  await simulated.sx(['sessions', 'export', '--json', '-o', 'out.json']);
  const whole = parseJson(readFileSync(join(simulated.project, 'out.json'), 'utf8'));
  assert.ok(isObject(whole) && Array.isArray(whole['messages']));
  assert.deepEqual([whole['session_id'], whole['turns'], whole['messages'].length], [id, 4, 8]);
  assert.equal(statSync(join(simulated.project, 'out.json')).mode & 0o777, 0o600);

  const other = await simulated.sx(['sessions', 'list', '-C', simulated.home]);
  assert.equal(other.stdout, '');
  assert.match((await simulated.sx(['sessions', 'list', '--all', '-C', simulated.home])).stdout, new RegExp(String(id)));
  assert.equal((await simulated.sx(['sessions', 'delete', String(id)])).stdout, `deleted ${String(id)}\n`);
  assert.deepEqual(files(simulated), []);
  assert.deepEqual([(await simulated.sx(['sessions', 'show', String(id)])).code, (await simulated.sx(['sessions', 'delete'])).code, (await simulated.sx(['sessions', 'shwo'])).code], [42, 42, 42]);
});

test('a session that is in a read-only file goes on unkept', async () => {
  using simulated = await simulate();
  await simulated.ask(['one']);
  const [file = ''] = files(simulated);
  const locks = join(file, '../locks');
  // Root writes whatever its mode is; a file where the locks belong stops even root.
  if (existsSync(locks)) await import('node:fs').then(({ rmSync }) => rmSync(locks, { recursive: true }));
  writeFileSync(locks, '');
  chmodSync(file, 0o400);
  const { code, stdout, stderr } = await simulated.ask(['-c', 'two']);
  assert.deepEqual([code, stdout], [0, 'You said: two\n']);
  assert.match(stderr, /^sx: this session is not kept: /m);
});
