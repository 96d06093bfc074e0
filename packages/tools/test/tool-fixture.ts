/** A temporary directory and a way to call a tool in it as the loop does: accesses first, then the run with them approved. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

import type { Tool, ToolOutput, ToolRunContext } from '@sx/agent';
import type { JsonObject } from '@sx/llm';

export interface Fixture {
  /** The working directory. */
  readonly root: string;
  readonly context: ToolRunContext;
  readonly progress: string[];
  write(path: string, content: string | Uint8Array): string;
  call(tool: Tool, input: JsonObject, context?: Partial<ToolRunContext>): Promise<ToolOutput & { text: string }>;
}

export function createFixture(): Fixture {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'sx-tools-')));
  after(() => rmSync(base, { recursive: true, force: true }));
  const root = `${base}/project`;
  mkdirSync(root);
  const progress: string[] = [];
  const context: ToolRunContext = {
    workingDirectory: root,
    additionalDirectories: [],
    childEnvironment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    outputDirectory: `${base}/output`,
    readFiles: new Map(),
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
    signal: new AbortController().signal,
    callId: 'call/1',
    onProgress: (text) => void progress.push(text),
  };
  return {
    root,
    context,
    progress,
    write(path, content) {
      const absolute = path.startsWith('/') ? path : `${root}/${path}`;
      if (!existsSync(dirname(absolute))) mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, content);
      return absolute;
    },
    async call(tool, input, more = {}) {
      const runContext = { ...context, ...more };
      const accesses = await tool.accesses(input, runContext);
      if (accesses.kind === 'invalid') return { isError: true, content: [], text: `invalid: ${accesses.message}` };
      const output = await tool.run(input, { approved: accesses.list, ...runContext });
      return { ...output, text: output.content.map((part) => (part.type === 'text' ? part.text : `<${part.mediaType}>`)).join('\n') };
    },
  };
}
