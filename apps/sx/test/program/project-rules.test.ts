/** Rules that the user gives for one project, with the built program: written by an answer, honoured there and nowhere else. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { onTerminal } from './pseudo-terminal.ts';
import { type Simulated, simulate } from './simulated.ts';

const READY = /\u203a .*codex/s;
const TOUCH = '[script]\ncall shell {"command":"touch made"}';

function environment({ simulator: { urls, caFile } }: Simulated): Record<string, string> {
  return { PROVIDER: 'codex', CODEX_API_URL: urls.codex, CODEX_OAUTH_URL: urls.oauth, ...(caFile === undefined ? {} : { CA_FILE: caFile }) };
}

/** Whether a headless run may do it there; what it made is removed. */
async function may(simulated: Simulated, cwd: string, ...flags: string[]): Promise<boolean> {
  await simulated.ask([TOUCH, ...flags], { cwd });
  const made = existsSync(join(cwd, 'made'));
  rmSync(join(cwd, 'made'), { force: true });
  return made;
}

describe('rules for one project', () => {
  test('always writes the rule under this project, and a run without a screen honours it there and nowhere else', async () => {
    using simulated = await simulate();
    const { project } = simulated;
    const root = dirname(project);
    const folder = (path: string): string => {
      mkdirSync(join(root, path), { recursive: true });
      return join(root, path);
    };
    const file = simulated.put('home/.scorpiox/permissions.txt', '# mine\nallow shell(git log:*)\n\n[/elsewhere]\nallow shell\n');
    const run = await onTerminal(simulated, [], {
      env: environment(simulated),
      columns: 200,
      steps: [
        { until: READY, write: '[script]\u001b\rcall shell {"command":"touch made"}\r' },
        { until: /3\. .*always in this project: allow shell\(touch made:\*\).*is written to .*permissions\.txt under \[.*\/project\]/s, write: '3' },
        { until: /allow shell\(touch made:\*\) is in .*Done after 1 tool results/s, write: '\u0004' },
      ],
    });
    assert.equal(run.code, 0);
    assert.equal(readFileSync(file, 'utf8'), `# mine\nallow shell(git log:*)\n\n[/elsewhere]\nallow shell\n\n[${project}]\nallow shell(touch made:*)\n`);
    rmSync(join(project, 'made'));

    assert.equal(await may(simulated, project), true);
    assert.equal(await may(simulated, folder('project/src')), true, 'in a folder of the project');
    symlinkSync(project, join(root, 'link'));
    assert.equal(await may(simulated, join(root, 'link')), true, 'by way of a link');
    folder('other/.git');
    assert.equal(await may(simulated, join(root, 'other')), false, 'in another project');
    folder('project/tree');
    writeFileSync(join(project, 'tree/.git'), `gitdir: ${project}/.git/worktrees/tree\n`);
    assert.equal(await may(simulated, join(project, 'tree')), false, 'in a worktree, which is a project of its own');
    assert.equal(await may(simulated, project, '--permission-mode', 'plan'), false);
    assert.equal(await may(simulated, project, '--deny', 'shell(touch:*)'), false);
    assert.equal(await may(simulated, project, '--deny', 'shell(touch:*)', '--permission-mode', 'bypass'), false);

    const rules = async (cwd: string): Promise<string> => (await simulated.sx(['config', 'rules'], { cwd })).stdout;
    assert.equal(await rules(project), `allow shell(git log:*)  # ${file}:2\nallow shell(touch made:*)  # ${file}:8, under [${project}]\n`);
    assert.equal(await rules(join(root, 'other')), `allow shell(git log:*)  # ${file}:2\n`);
  });

  test('a project whose name has brackets, blanks, a line feed and letters of all kinds', async () => {
    using simulated = await simulate();
    const cwd = join(dirname(simulated.project), 'a [1]\n猫 "é"');
    mkdirSync(join(cwd, '.git'), { recursive: true });
    assert.equal(await may(simulated, cwd), false);
    const section = JSON.stringify(cwd);
    const file = simulated.put('home/.scorpiox/permissions.txt', `[${section}]\nallow shell(touch:*)\n`);
    assert.equal(await may(simulated, cwd), true);
    assert.equal(await may(simulated, simulated.project), false);
    assert.deepEqual(JSON.parse((await simulated.sx(['config', 'rules', '--json'], { cwd })).stdout), [{ effect: 'allow', rule: 'shell(touch:*)', source: `${file}:2`, project: cwd }]);
  });

  test('a deny of one project holds there in every mode', async () => {
    using simulated = await simulate();
    simulated.put('home/.scorpiox/permissions.txt', `[${simulated.project}]\ndeny shell(touch:*)\n`);
    const other = join(dirname(simulated.project), 'other');
    mkdirSync(join(other, '.git'), { recursive: true });
    assert.equal(await may(simulated, simulated.project, '--permission-mode', 'bypass'), false);
    assert.equal(await may(simulated, other, '--permission-mode', 'bypass'), true);
  });

  test('a section that cannot be read ends the run, and is named with its line', async () => {
    using simulated = await simulate();
    simulated.put('home/.scorpiox/permissions.txt', 'allow shell(make)\n[not/absolute]\nallow shell\n');
    const { code, stderr } = await simulated.ask(['hi']);
    assert.equal(code, 42);
    assert.match(stderr, /permissions\.txt:2: the path of a section is absolute.*AGENT_BAD_RULE/s);
    simulated.put('home/.scorpiox/permissions.txt', '');
    simulated.put('project/.scorpiox/permissions.txt', `[${simulated.project}]\ndeny shell\n`);
    assert.match((await simulated.ask(['hi'])).stderr, /only the rules file of the user has sections/);
  });
});
