/** The tool by which the model loads a skill, and the index in the system prompt that tells it which there are. */
import { agentLimits } from '../limits.ts';
import type { Tool } from '../tool.ts';
import type { Skill } from './read-skills.ts';
import { withArguments } from './skill-file.ts';

export const SKILL_TOOL = 'skill';

const INTRODUCTION =
  'Skills, instructions for kinds of tasks. When a task fits one, load it with the skill tool before you start:';

/** Capped: descriptions are cut, and skills beyond the limit only counted. Empty where there is none. */
export function skillIndex(skills: readonly Skill[]): string {
  if (skills.length === 0) return '';
  const lines: string[] = [];
  let bytes = 0;
  for (const { name, description, argumentHint } of skills) {
    const hint = argumentHint === undefined ? '' : ` ${cut(argumentHint, 60)}`;
    const line = `- ${name}${hint}: ${cut(description, agentLimits.skillDescriptionCharsMax)}`;
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > agentLimits.skillIndexBytesMax) {
      lines.push(`- … and ${skills.length - lines.length} more, which the skill tool knows by name`);
      break;
    }
    lines.push(line);
  }
  return `${INTRODUCTION}\n${lines.join('\n')}`;
}

export function createSkillTool(skills: readonly Skill[]): Tool {
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  const find = (name: unknown): Skill | undefined => (typeof name === 'string' ? byName.get(name) : undefined);
  return {
    definition: {
      name: SKILL_TOOL,
      description: 'Load the instructions of a skill.',
      inputSchema: {
        type: 'object',
        properties: { name: { type: 'string' }, arguments: { type: 'string' } },
        required: ['name'],
        additionalProperties: false,
      },
    },
    parallel: true,
    accesses({ name }) {
      if (find(name) !== undefined) return { kind: 'accesses', list: [], title: `skill ${String(name)}` };
      return {
        kind: 'invalid',
        message: `There is no skill ${JSON.stringify(name ?? null).slice(0, 80)}. Skills: ${[...byName.keys()].join(', ')}.`,
      };
    },
    async run({ name, arguments: args }) {
      const skill = find(name);
      const loaded = skill?.load() ?? { fault: 'there is no such skill' };
      if (skill === undefined || 'fault' in loaded) {
        return {
          isError: true,
          content: [{ type: 'text', text: `The skill cannot be loaded: ${'fault' in loaded ? loaded.fault : 'it is gone'}.` }],
        };
      }
      const body = withArguments(loaded.body, typeof args === 'string' ? args : '');
      const text = `Skill ${skill.name}, its files are in ${skill.directory}\n\n${body}`;
      return { isError: false, content: [{ type: 'text', text }], summary: skill.name };
    },
  };
}

function cut(text: string, charsMax: number): string {
  // An index has a line for each; what cannot be seen has no place in it.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, ' ');
  return line.length > charsMax ? `${line.slice(0, charsMax - 1)}…` : line;
}
