/**
 * Makes a `Tool` of its description and three functions: `read` turns what the model wrote into typed input, `accesses`
 * says what that would touch, `run` does it. `BadInput` and `ToolFailure` become results that the model reads, and so do
 * the errors of the file system; anything else is a defect and is thrown.
 */
import type { Access, Tool, ToolContext, ToolOutput, ToolRunContext } from '@sx/agent';
import type { JsonObject, JsonValue } from '@sx/llm';

import { printable } from './printable.ts';
import { BadInput, refuseUnknown } from './tool-input.ts';

/** The tool could not do it; `message` says to the model why, and what would work. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
}

export interface ToolParts<Input> {
  readonly name: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, JsonValue>>;
  readonly required: readonly string[];
  readonly parallel: boolean;
  readonly read: (input: JsonObject) => Input;
  readonly accesses: (input: Input, context: ToolContext) => { readonly list: readonly Access[]; readonly title: string };
  readonly run: (input: Input, context: ToolRunContext) => Promise<ToolOutput>;
  readonly preview?: (input: Input, context: ToolContext) => Promise<string | undefined>;
}

export function defineTool<Input>(parts: ToolParts<Input>): Tool {
  const { name, description, properties, required } = parts;
  const read = (input: JsonObject): Input => {
    refuseUnknown(input, Object.keys(properties));
    return parts.read(input);
  };
  return {
    definition: { name, description, inputSchema: { type: 'object', properties, required, additionalProperties: false } },
    parallel: parts.parallel,
    accesses(input, context) {
      try {
        const { list, title } = parts.accesses(read(input), context);
        return { kind: 'accesses', list, title: printable(title) };
      } catch (error) {
        if (error instanceof BadInput) return { kind: 'invalid', message: error.message };
        throw error;
      }
    },
    ...(parts.preview === undefined ? {} : { preview: async (input: JsonObject, context: ToolContext) => parts.preview?.(read(input), context) }),
    async run(input, context) {
      try {
        return await parts.run(read(input), context);
      } catch (error) {
        const message = explain(error);
        if (message === undefined) throw error;
        return { isError: true, content: [{ type: 'text', text: message }] };
      }
    },
  };
}

export function textOutput(text: string, more: Omit<ToolOutput, 'isError' | 'content'> = {}): ToolOutput {
  return { isError: false, content: [{ type: 'text', text }], ...more };
}

const FILE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied by the operating system'],
  ['EPERM', 'not permitted by the operating system'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EISDIR', 'it is a directory'],
  ['ENOSPC', 'the disk is full; nothing was changed'],
  ['EDQUOT', 'the disk quota is used up; nothing was changed'],
  ['EROFS', 'the file system is read-only'],
  ['ELOOP', 'its links go in a circle, or it became a link meanwhile'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EMFILE', 'too many files are open'],
  ['ENXIO', 'it is not a regular file'],
  ['EBUSY', 'it is in use'],
  ['EIO', 'the disk reports an error'],
  ['ESTALE', 'it is gone from the server'],
]);

/** What the model is told of a failure; undefined for a defect of ours. */
export function explain(error: unknown): string | undefined {
  if (error instanceof BadInput || error instanceof ToolFailure) return error.message;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const reason = FILE_ERRORS.get(error.code);
  if (reason === undefined && !/^E[A-Z0-9]+$/.test(error.code)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? ` ${printable(error.path)}` : '';
  return `Failed${path}: ${reason ?? error.code}.`;
}
