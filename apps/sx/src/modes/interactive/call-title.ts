/** A call's title on one line: of a command with several lines the first, for a title has its line feeds escaped. */
import type { ToolCallPart } from '@sx/llm';

export function callTitle({ name, input }: ToolCallPart, title: string): string {
  const command = name === 'shell' ? input?.['command'] : undefined;
  const [first = '', ...more] = typeof command === 'string' ? command.trim().split('\n') : [];
  return more.length === 0 ? title : `${first.trimEnd()} …`;
}
