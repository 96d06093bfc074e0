import { type Tool, compileGlob } from '@sx/agent';

import { counted } from './counted.ts';
import { defineTool, textOutput } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { readPath } from './tool-input.ts';
import { createWalkReport, describeWalk, walk } from './walk.ts';
import { assertDirectory, displayPath, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Finds files by name: src/**/*.ts, *.{js,ts}, **/test-?.json. A pattern without a slash matches at any depth. What .gitignore excludes is left out. At most ${toolLimits.globResultsMax} paths, sorted.`;

export const globTool: Tool = defineTool<{ pattern: string; path: string }>({
  name: 'glob',
  description: DESCRIPTION,
  properties: {
    pattern: { type: 'string' },
    path: { type: 'string', description: 'Directory to search. Default: the working directory' },
  },
  required: ['pattern'],
  parallel: true,
  read: (input) => ({ pattern: readPath(input, 'pattern'), path: readPath(input, 'path', '.') }),
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }], title: `glob ${input.pattern} in ${displayPath(path, context)}` };
  },
  async run({ pattern, path: given }, context) {
    const root = resolvePath(given, context);
    await assertDirectory(root, context);
    const matches = createNameFilter(pattern, root);
    const report = createWalkReport();
    const found: string[] = [];
    let total = 0;
    for await (const slice of walk(root, context, {}, report)) {
      for (const { path, kind } of slice) {
        if (kind === 'directory' || !matches(path)) continue;
        if (++total <= toolLimits.globResultsMax) found.push(displayPath(path, context));
      }
    }
    const notes = [...(total > found.length ? [`${total - found.length} more; narrow the pattern`] : []), ...describeWalk(report)];
    const body = found.length === 0 ? `No file matches ${pattern}.` : found.sort().join('\n');
    return textOutput(notes.length === 0 ? body : `${body}\n[${notes.join('; ')}]`, { summary: counted(total, 'file') });
  },
});

/** Patterns are relative to the root, or absolute below it. Without a slash: any depth. */
export function createNameFilter(pattern: string, root: string): (path: string) => boolean {
  const prefix = root === '/' ? '/' : `${root}/`;
  const relative = pattern.startsWith(prefix) ? pattern.slice(prefix.length) : pattern.replace(/^(?:\.\/)+/, '');
  const matches = compileGlob(pattern.includes('/') ? relative : `**/${relative}`);
  return (path) => matches(path.slice(prefix.length));
}
