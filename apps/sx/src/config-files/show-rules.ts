/** What `sx config rules` prints: the permission rules of files that hold in this project, the stronger first. */
import { holdsIn, type RuleEffect } from '@sx/agent';

import { fileRules } from '../compose/permissions.ts';
import type { Settings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';

const EFFECTS: readonly RuleEffect[] = ['deny', 'ask', 'allow'];

/** @throws {AgentError} `AGENT_BAD_RULE`; {ConfigError} of a file that cannot be read. */
export function rulesText(settings: Settings, json: boolean): string {
  const { projectRoot, home } = settings;
  const here = fileRules(settings).filter((rule) => holdsIn(rule, projectRoot, home.userDirectory));
  const rows = EFFECTS.flatMap((effect) => here.filter((rule) => rule.effect === effect));
  if (json) {
    const shown = rows.map(({ effect, text, source, project }) => ({ effect, rule: text, source, project: project ?? null }));
    return `${JSON.stringify(shown)}\n`;
  }
  if (rows.length === 0) return '# no file has a rule that holds here; docs/permissions.md has the grammar\n';
  return rows.map(({ effect, text, source, project }) => {
    const where = project === undefined ? source : `${source}, under [${project}]`;
    return `${effect} ${terminalText(text)}  # ${terminalText(where)}\n`;
  }).join('');
}
