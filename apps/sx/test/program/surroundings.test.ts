import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { COMMAND } from './run-sx.ts';
import { simulate, type Simulated } from './simulated.ts';

/** The program behind a shell line, where `"$@"` is the program with its arguments. A hang is killed and fails. */
async function inShell(simulated: Simulated, line: string, args: readonly string[], env: Record<string, string> = {}): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn('sh', ['-c', line, 'sh', ...COMMAND, ...args], {
    cwd: simulated.project,
    env: { PATH: process.env['PATH'] ?? '', HOME: simulated.home, PROVIDER: 'codex', CODEX_API_URL: simulated.simulator.urls.codex, CA_FILE: simulated.simulator.caFile ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  // Standard input stays open and silent, as many a service manager leaves it.
  const [code]: unknown[] = await once(child, 'close');
  child.stdin.destroy();
  return { code, ...texts };
}

const ANSWER = 'You said: hi\n';
const ROWS: readonly (readonly [rule: string, line: string, exit: number, stdout: string, env?: Record<string, string>])[] = [
  ['standard input open and silent', '"$@"', 0, ANSWER],
  ['standard input closed', '"$@" <&-', 0, ANSWER],
  ['standard input a directory', '"$@" < .', 0, ANSWER],
  ['standard error closed', '"$@" 2>&-', 0, ANSWER],
  ['standard output closed', '"$@" >&-', 0, ''],
  ['everything closed', '"$@" <&- >&- 2>&-', 0, ''],
  ['standard output on a full disk', '"$@" > /dev/full', 1, ''],
  ['standard output a pipe whose reader leaves', '"$@" | true', 0, ''],
  ['no terminal at all', 'setsid "$@" </dev/null', 0, ANSWER],
  ['in the background', '"$@" </dev/null & wait $!', 0, ANSWER],
  ['CI set', '"$@"', 0, ANSWER, { CI: 'true' }],
  ['an unknown terminal', '"$@"', 0, ANSWER, { TERM: 'no-such-terminal', COLUMNS: '0' }],
];
test('whatever surrounds it, a run ends by itself with its answer', async (t) => {
  using simulated = await simulate();
  for (const [rule, line, exit, stdout, env] of ROWS) {
    await t.test(rule, async () => {
      const result = await inShell(simulated, line, ['-p', 'hi'], env);
      assert.deepEqual([result.code, result.stdout], [exit, stdout], result.stderr);
      assert.doesNotMatch(result.stderr, /\n\s+at |node:internal|EPIPE|EBADF/);
    });
  }
});

test('nothing is asked where nobody is there, in CI or not: a call that needs approval is refused with a reason', async (t) => {
  using simulated = await simulate();
  const prompt = 'go\n[script]\ncall shell {"command":"touch made"}\nthen\necho';
  for (const env of [{ CI: '1' }, {}]) {
    await t.test(JSON.stringify(env), async () => {
      const { code, stdout } = await inShell(simulated, 'setsid "$@" </dev/null', ['-p', prompt], env);
      assert.equal(code, 0);
      assert.match(stdout, /Permission denied: .*nobody is there to give it/);
    });
  }
});

test('arguments that cannot be read have a result in the format that was asked for', async (t) => {
  using simulated = await simulate();
  const cases = [
    [['--output-format', 'json', '--modle'], (last: object) => 'subtype' in last && last.subtype === 'error_input'],
    [['--output-format=stream-json', '-m'], (last: object) => 'exit_code' in last && last.exit_code === 42],
    [['--json', '--output-format=xml'], undefined],
    [['--output-format', 'codex-jsonl', '--modle'], (last: object) => 'type' in last && last.type === 'turn.failed'],
    [['--output-format', 'gemini-stream-json', '--modle'], (last: object) => 'status' in last && last.status === 'error'],
    [['--modle'], undefined],
  ] as const;
  for (const [args, check] of cases) {
    await t.test(args.join(' '), async () => {
      const { code, stdout } = await simulated.sx(['-p', 'hi', ...args]);
      assert.equal(code, 42);
      if (check === undefined) return assert.equal(stdout, '');
      const last = parseJson(stdout);
      assert.ok(isObject(last) && check(last), stdout);
    });
  }
});
