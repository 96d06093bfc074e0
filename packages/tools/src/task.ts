/**
 * Gives a piece of work to a second agent, whose conversation starts empty: what it reads on the way does not fill ours.
 *
 * In: a prompt, and a runner that makes such an agent with our tools but this one (so it goes one level deep), our permissions and our model. Out: its last
 * answer. It has `taskTurnsMax` turns, what is left of the run's tokens and money, and our signal. What it spends is in the result's `usage`, and so in the
 * run's. People see its calls as progress; the model sees the answer alone.
 */
import type { AgentEvent, FileChange, RunLimits, RunResult, Tool, ToolOutput } from '@sx/agent';

import { defineTool } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { printable } from './printable.ts';
import { BadInput, readText } from './tool-input.ts';

const DESCRIPTION = `Gives a self-contained piece of work to a second agent with the same tools and permissions. It knows nothing of this conversation: put everything that it needs into prompt, and say what its answer must hold. For searches and investigations whose steps you need not see.`;

/** Runs a second agent. Its events end with `run-end`. */
export type TaskRunner = (prompt: string, options: { readonly signal: AbortSignal; readonly limits: RunLimits }) => AsyncIterable<AgentEvent>;

export function createTaskTool(run: TaskRunner): Tool {
  return defineTool<{ title: string; prompt: string }>({
    name: 'task',
    description: DESCRIPTION,
    properties: { title: { type: 'string', description: 'A few words, for people' }, prompt: { type: 'string' } },
    required: ['title', 'prompt'],
    parallel: false,
    read(input) {
      const prompt = readText(input, 'prompt');
      if (prompt.trim() === '') throw new BadInput('`prompt` is empty.');
      if (prompt.length > toolLimits.taskPromptCharsMax) throw new BadInput(`\`prompt\` has ${prompt.length} characters, at most ${toolLimits.taskPromptCharsMax}.`);
      return { title: readText(input, 'title'), prompt };
    },
    // Its own calls are asked for one by one.
    accesses: ({ title }) => ({ list: [], title: `task: ${title.slice(0, 200)}` }),
    async run({ prompt }, { signal, remaining, onProgress }) {
      const changed = new Map<string, FileChange>();
      let result: RunResult | undefined;
      for await (const event of run(prompt, { signal, limits: { ...remaining, maxTurns: toolLimits.taskTurnsMax } })) {
        const line = progressOf(event);
        if (line !== undefined) onProgress(`${line}\n`);
        if (event.type === 'tool-end') for (const change of event.output.changedFiles ?? []) changed.set(change.path, change);
        if (event.type === 'run-end') result = event.result;
      }
      if (result === undefined) throw new Error('the run of the second agent has no end');
      return outputOf(result, [...changed.values()]);
    },
  });
}

function progressOf(event: AgentEvent): string | undefined {
  if (event.type === 'tool-start') return `• ${printable(event.title)}`;
  if (event.type === 'tool-denied') return `✗ ${printable(event.reason)}`;
  return event.type === 'turn-restart' || event.type === 'compaction-start' ? `(${event.type})` : undefined;
}

function outputOf({ outcome, text, turns, usage, permissionDenials, error }: RunResult, changedFiles: readonly FileChange[]): ToolOutput {
  const how = [
    `${turns} ${turns === 1 ? 'turn' : 'turns'}`,
    ...(outcome === 'success' ? [] : [`it did not finish: ${outcome === 'error' ? reasonOf(error) : outcome}`]),
    ...(permissionDenials.length === 0 ? [] : [`not permitted: ${[...new Set(permissionDenials.map(({ toolName }) => toolName))].join(', ')}`]),
  ].join('; ');
  return {
    isError: outcome !== 'success',
    content: [{ type: 'text', text: `${text === '' ? '(no answer)' : text.slice(0, toolLimits.taskAnswerCharsMax)}\n[${how}]` }],
    summary: how,
    usage,
    ...(changedFiles.length === 0 ? {} : { changedFiles }),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? printable(error.message.slice(0, 500)) : 'an error';
}
