/** A stored session as Markdown, for people: prompts, answers, calls and their results. Pure. */
import type { StoredSession } from '@sx/agent';
import type { AssistantMessage, Message, ToolCallPart, ToolMessage, UserPart } from '@sx/llm';

export interface MarkdownOptions {
  /** Arguments and results of tools whole, thoughts as well; otherwise a line for each call. */
  readonly whole: boolean;
}

const LINE_CHARS_MAX = 160;

export function sessionMarkdown(session: StoredSession, { whole }: MarkdownOptions): string {
  const { header, origin, transcript } = session;
  const facts = [
    `# Session ${header.id}`,
    '',
    `- directory: ${session.workingDirectory}`,
    `- created: ${new Date(header.createdAtMs).toISOString()}`,
    ...(origin === undefined ? [] : [`- model: ${origin.provider} ${origin.model}`]),
    `- turns: ${session.turns}; tokens: ${session.inputTokens} in, ${session.outputTokens} out`,
    ...(session.costUsd === undefined ? [] : [`- cost: $${session.costUsd.toFixed(4)}`]),
    ...(header.forkOf === undefined ? [] : [`- copy of: ${header.forkOf}`]),
  ];
  return conversationMarkdown(facts.join('\n'), transcript, { whole });
}

export function conversationMarkdown(head: string, messages: readonly Message[], { whole }: MarkdownOptions): string {
  return `${[head, ...messages.flatMap((message) => messageBlocks(message, whole))].join('\n\n')}\n`;
}

function messageBlocks(message: Message, whole: boolean): string[] {
  switch (message.role) {
    case 'user':
      return [`## User\n\n${message.content.map(partText).join('\n\n')}`];
    case 'assistant':
      return assistantBlocks(message, whole);
    case 'tool':
      return whole
        ? resultBlocks(message)
        : message.content.filter(({ isError }) =>
          isError).map((result) => `> ${result.name} failed: ${oneLine(result.content.map(partText).join(' '))}`);
    default:
      return message satisfies never;
  }
}

function assistantBlocks({ content, finishReason }: AssistantMessage, whole: boolean): string[] {
  const blocks = content.flatMap((part) => {
    if (part.type === 'text') return [part.text];
    if (part.type === 'tool-call') {
      return [
        whole
          ? `### Call: ${part.name}\n\n${fenced(argumentsText(part), 'json')}`
          : `\`${part.name}\` ${oneLine(part.inputText)}`,
      ];
    }
    return whole && part.text !== '' ? [part.text.split('\n').map((line) => `> ${line}`).join('\n')] : [];
  });
  const broken = finishReason === 'aborted' || finishReason === 'error'
    ? [`*(${finishReason === 'aborted' ? 'interrupted' : 'broke off'})*`]
    : [];
  const all = [...blocks, ...broken];
  return all.length === 0 ? [] : [`## Assistant\n\n${all.join('\n\n')}`];
}

function resultBlocks({ content }: ToolMessage): string[] {
  return content.map((result) =>
    `### ${result.isError ? 'Error' : 'Result'}: ${result.name}\n\n${fenced(result.content.map(partText).join('\n'), '')}`);
}

function argumentsText({ input, inputText }: ToolCallPart): string {
  return input === undefined ? inputText : JSON.stringify(input, undefined, 2);
}

function partText(part: UserPart): string {
  return part.type === 'text' ? part.text : `[${part.mediaType}${part.filename === undefined ? '' : `: ${part.filename}`}]`;
}

/** The fence is longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.endsWith('\n') ? text : `${text}\n`}${fence}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LINE_CHARS_MAX ? `${line.slice(0, LINE_CHARS_MAX - 1)}…` : line;
}
