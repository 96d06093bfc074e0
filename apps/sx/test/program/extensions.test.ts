/** Skills and hooks with the built program: whose count, what they see, what they may stop. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';

import { simulate, type Simulated } from './simulated.ts';

const lines = (text: string): JsonObject[] => text.split('\n').map(parseJson).filter(isObject);
const lastBody = ({ simulator }: Simulated): JsonObject => simulator.requests.map(({ body }) => body).filter(isObject).at(-1) ?? {};
const skill = (description: string, body: string): string => `---\ndescription: ${description}\n---\n${body}\n`;
const LOAD = '[script]\ncall skill {"name":"release","arguments":"1.2"}\nthen\necho';

/** A hook that writes its event down, and what it was told. */
function logger(simulated: Simulated, log: string, more = 'exit 0'): string {
  return `#!/bin/sh\nprintf '%s ' "$SX_EVENT" >> ${join(simulated.home, log)}\ncat >> ${join(simulated.home, log)}\necho >> ${join(simulated.home, log)}\n${more}\n`;
}
const told = (simulated: Simulated, log = 'log'): string => (existsSync(join(simulated.home, log)) ? readFileSync(join(simulated.home, log), 'utf8') : '');
const events = (text: string): string[] => text.split('\n').filter((line) => line !== '').map((line) => line.split(' ')[0] ?? '');

test('the instructions and tool schemas are at most 14,000 bytes as sent, every tool that is switched on included', async () => {
  using simulated = await simulate();
  for (const provider of ['codex', 'claude_code']) {
    assert.equal((await simulated.ask(['hello', '-e', `PROVIDER=${provider}`, '-e', 'WEB_FETCH=1'])).code, 0);
    const body = lastBody(simulated);
    const told = body['instructions'] ?? body['system'];
    assert.match(JSON.stringify(body['tools']), /web_fetch/);
    const bytes = Buffer.byteLength(JSON.stringify(told)) + Buffer.byteLength(JSON.stringify(body['tools']));
    assert.ok(bytes > 4_000 && bytes <= 14_000, `${provider}: ${bytes} bytes`);
  }
});

test('a skill of the user: in the index, loaded when it is called, with its arguments; its files may be read', async () => {
  using simulated = await simulate();
  simulated.put('home/.scorpiox/skills/release/SKILL.md', skill('how we ship', 'Ship $ARGUMENTS as in notes.txt'));
  const notes = simulated.put('home/.scorpiox/skills/release/notes.txt', 'tag first');
  simulated.put('home/more/extra/SKILL.md', skill('extra', 'x'));
  const { stdout } = await simulated.ask([`${LOAD}\nthen`, '--json', '-e', 'ADDITIONAL_SKILLS=~/more']);
  assert.deepEqual(lines(stdout)[0]?.['skills'], ['release', 'extra']);
  assert.match(String(lines(stdout).at(-1)?.['result']), /^Skill release, its files are in .*skills\/release\n\nShip 1\.2 as in notes\.txt$/);
  assert.match(String(lastBody(simulated)['instructions']), /- release: how we ship\n- extra: extra/);
  assert.match((await simulated.ask([`[script]\ncall read {"path":${JSON.stringify(notes)}}\nthen\necho`])).stdout, /tag first/);
});

test('skills of a project count once they are trusted as they are, and win then; not with --bare', async () => {
  using simulated = await simulate();
  simulated.put('home/.scorpiox/skills/release/SKILL.md', skill('mine', 'my way'));
  simulated.put('project/.claude/skills/release/SKILL.md', skill('theirs', 'their way'));
  simulated.put('project/.scorpiox/skills/evil/SKILL.md', skill('evil', 'x'));
  simulated.put('outside/SKILL.md', skill('outside', 'x'));
  symlinkSync(join(simulated.project, '../outside'), join(simulated.project, '.claude/skills/linked'));
  const untrusted = await simulated.ask([LOAD]);
  assert.match(untrusted.stdout, /my way/);
  assert.match(untrusted.stderr, /linked is left out: its file is a link[\s\S]*\.claude\/skills\/release is left out: it is not trusted/);
  assert.equal((await simulated.sx(['config', 'trust', '.claude/skills'])).code, 0);
  assert.match((await simulated.ask([LOAD])).stdout, /their way/);
  assert.match((await simulated.ask([LOAD, '--bare'])).stdout, /my way/);
  simulated.put('project/.claude/skills/release/SKILL.md', skill('changed', 'another way'));
  assert.match((await simulated.ask([LOAD])).stdout, /my way/);
  // A directory that the user names may be the repository's all the same.
  const named = await simulated.ask(['hello', '--json', '-e', 'ADDITIONAL_SKILLS=.scorpiox/skills']);
  assert.deepEqual(lines(named.stdout)[0]?.['skills'], ['release']);
});

test('hooks of the user see a run from its start to its end, in order', async () => {
  using simulated = await simulate();
  for (const event of ['session_start', 'session_end', 'user_message', 'agent_run_start', 'agent_complete', 'tool_use', 'api_response']) simulated.put(`home/.scorpiox/hooks/${event}/sync-log.sh`, logger(simulated, 'log'));
  simulated.put('home/.scorpiox/hooks/user_message/_off.sh', logger(simulated, 'off'));
  const env = { SECRET_TOKEN: 'keep-it-here', PLAIN: 'x' };
  simulated.put('home/.scorpiox/hooks/session_start/sync-environment', `#!/bin/sh\nenv > ${join(simulated.home, 'environment')}\n`, 0o700);
  const { code, stderr } = await simulated.ask(['[script]\ncall list {}\nthen\nsay done'], { env });
  assert.deepEqual([code, stderr.includes('hook')], [0, false], stderr);
  const log = told(simulated);
  assert.deepEqual(events(log), ['session_start', 'user_message', 'agent_run_start', 'tool_use', 'api_response', 'api_response', 'agent_complete', 'session_end']);
  assert.match(log, /tool_use \{"event":"tool_use","time":"20[^"]*Z","session_id":"[0-9a-f-]{36}","cwd":"[^"]*project","tool":"list","call_id":"[^"]+","input":\{\}\}/);
  assert.match(log, /agent_complete .*"outcome":"success","text":"done"/);
  assert.equal(told(simulated, 'off'), '');
  const environment = told(simulated, 'environment');
  assert.match(environment, /^PLAIN=x$/m);
  assert.match(environment, /^SX_HOOKS_DIR=.*\.scorpiox\/hooks$/m);
  assert.doesNotMatch(environment, /keep-it-here/);
  await simulated.ask(['hello', '-e', 'HOOKS_ENABLED=0']);
  assert.equal(told(simulated), log);
});

test('a hook may refuse a tool and a prompt; one that fails or hangs is reported, and nothing else comes of it', async () => {
  using simulated = await simulate();
  simulated.put('home/.scorpiox/hooks/tool_use/sync-judge.sh', '#!/bin/sh\ngrep -q secret-plan && { echo "not that file" >&2; exit 2; }\nexit 0\n');
  const denied = await simulated.ask(['[script]\ncall read {"path":"secret-plan"}\ncall list {}\nthen\nsay went on', '--json']);
  assert.equal(denied.code, 0);
  assert.match(denied.stdout, /Denied by a hook of the user: not that file\. Nothing was run/);
  assert.equal(lines(denied.stdout).at(-1)?.['result'], 'went on');

  simulated.put('home/.scorpiox/hooks/agent_complete/sync-broken.sh', '#!/bin/sh\necho no disk >&2\nexit 7\n');
  simulated.put('home/.scorpiox/hooks/agent_complete/not-executable', 'x');
  simulated.put('home/.scorpiox/hooks/session_end/sync-hang.sh', '#!/bin/sh\nsleep 600\n');
  simulated.put('home/.scorpiox/hooks/hook_failed/sync-log.sh', logger(simulated, 'failed'));
  const failed = await simulated.ask(['hello', '-e', 'HOOKS_TIMEOUT=1']);
  assert.deepEqual([failed.code, failed.stdout], [0, 'You said: hello\n']);
  assert.match(failed.stderr, /the hook .*sync-broken\.sh failed: it ended with exit code 7: no disk/);
  assert.match(failed.stderr, /the hook .*sync-hang\.sh failed: it took too long and was killed/);
  assert.equal(events(told(simulated, 'failed')).length, 2);

  simulated.put('home/.scorpiox/hooks/user_message/sync-no.sh', '#!/bin/sh\necho \'{"decision":"block","reason":"not today"}\'\n');
  simulated.simulator.clearJournal();
  const refused = await simulated.ask(['hello', '--json', '-e', 'HOOKS_TIMEOUT=1']);
  assert.equal(refused.code, 42);
  assert.match(refused.stderr, /AGENT_HOOK_DENIED/);
  assert.equal(lines(refused.stdout).at(-1)?.['type'], 'result');
  assert.equal(simulated.simulator.requests.filter(({ body }) => isObject(body) && 'input' in body).length, 0);
});

test('hooks of a project are not run before they are trusted, not after a change, and not with --bare', async () => {
  using simulated = await simulate();
  const put = (more?: string): string => simulated.put('project/.scorpiox/hooks/session_start/sync-log.sh', logger(simulated, 'log', more));
  put();
  const first = await simulated.ask(['hello']);
  assert.match(first.stderr, /hooks\/session_start\/sync-log\.sh is not run: it is not trusted/);
  assert.equal(told(simulated), '');
  assert.equal((await simulated.sx(['config', 'trust', '.scorpiox/hooks'])).code, 0);
  assert.doesNotMatch((await simulated.ask(['hello'])).stderr, /trusted/);
  assert.deepEqual(events(told(simulated)), ['session_start']);
  await simulated.ask(['hello', '--bare']);
  put('exit 1');
  await simulated.ask(['hello']);
  // A link to a trusted file is not that file.
  put();
  mkdirSync(join(simulated.project, '.scorpiox/hooks/session_end'));
  symlinkSync('../session_start/sync-log.sh', join(simulated.project, '.scorpiox/hooks/session_end/sync-linked.sh'));
  assert.match((await simulated.ask(['hello'])).stderr, /sync-linked\.sh is not run/);
  assert.deepEqual(events(told(simulated)), ['session_start', 'session_start']);
});
