import type { Tool } from '@sx/agent';

import { counted } from './counted.ts';
import { defineTool, textOutput } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { printable } from './printable.ts';
import { readCount, readFlag, readPath } from './tool-input.ts';
import { type WalkEntry, createWalkReport, describeWalk, walk } from './walk.ts';
import { assertDirectory, displayPath, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Lists a directory. Directories end in /, links in @. What .gitignore excludes is left out unless all is set. At most ${toolLimits.listEntriesMax} entries.`;

interface ListInput {
  readonly path: string;
  readonly depth: number;
  readonly all: boolean;
}

export const listTool: Tool = defineTool<ListInput>({
  name: 'list',
  description: DESCRIPTION,
  properties: {
    path: { type: 'string', description: 'Default: the working directory' },
    depth: { type: 'integer', description: `1 (default) to ${toolLimits.listDepthMax} levels` },
    all: { type: 'boolean' },
  },
  required: [],
  parallel: true,
  read: (input) => ({
    path: readPath(input, 'path', '.'),
    depth: readCount(input, 'depth', { fallback: 1, min: 1, max: toolLimits.listDepthMax }),
    all: readFlag(input, 'all'),
  }),
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }], title: `list ${displayPath(path, context)}` };
  },
  async run({ path: given, depth, all }, context) {
    const root = resolvePath(given, context);
    await assertDirectory(root, context);
    const report = createWalkReport();
    const entries: WalkEntry[] = [];
    for await (const slice of walk(root, context, { depthMax: depth, includeIgnored: all }, report)) {
      entries.push(...slice);
      if (entries.length > toolLimits.listEntriesMax) break;
    }
    const shown = entries.slice(0, toolLimits.listEntriesMax).sort((a, b) => (a.path < b.path ? -1 : 1));
    const notes = [
      ...(entries.length > shown.length ? [`more than ${toolLimits.listEntriesMax} entries; list a directory further down`] : []),
      ...(report.ignored > 0 ? [`${report.ignored} ignored entries left out; all: true shows them`] : []),
      ...describeWalk(report),
    ];
    const lines = shown.map(
      ({ path, kind }) => printable(path.slice(root === '/' ? 1 : root.length + 1)) + (kind === 'directory' ? '/' : kind === 'link' ? '@' : ''),
    );
    const body = lines.length === 0 ? `(${displayPath(root, context)} is empty)` : lines.join('\n');
    return textOutput(notes.length === 0 ? body : `${body}\n[${notes.join('; ')}]`, { summary: counted(shown.length, 'entry', 'entries') });
  },
});
