import type { Tool } from '@sx/agent';
import { readMediaFacts } from '@sx/llm';

import { ToolFailure, defineTool } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { readWhole } from './read.ts';
import { readPath } from './tool-input.ts';
import { displayPath, openFile, resolvePath } from './workspace-path.ts';

const DESCRIPTION = 'Shows you an image file: PNG, JPEG, GIF or WebP.';

export const viewImageTool: Tool = defineTool<{ path: string }>({
  name: 'view_image',
  description: DESCRIPTION,
  properties: { path: { type: 'string', description: 'Absolute, or relative to the working directory' } },
  required: ['path'],
  parallel: true,
  read: (input) => ({ path: readPath(input, 'path') }),
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }], title: `view ${displayPath(path, context)}` };
  },
  async run(input, context) {
    const path = resolvePath(input.path, context);
    const shown = displayPath(path, context);
    const file = await openFile(path, context);
    try {
      const { size } = await file.stat();
      if (size > toolLimits.imageBytesMax) {
        throw new ToolFailure(`${shown} has ${size} bytes, at most ${toolLimits.imageBytesMax}. Make it smaller first.`);
      }
      const bytes = await readWhole(file, size);
      const { mediaType = '', widthPixels, heightPixels } = readMediaFacts(bytes) ?? {};
      if (mediaType === 'application/pdf') throw new ToolFailure(`${shown} is a PDF document. Use read.`);
      if (mediaType === '') throw new ToolFailure(`${shown} is not a PNG, JPEG, GIF or WebP image.`);
      return {
        isError: false,
        content: [{ type: 'media', mediaType, data: bytes.toString('base64'), filename: shown }],
        summary: `${mediaType}, ${widthPixels === undefined ? '' : `${widthPixels} × ${heightPixels} pixels, `}${bytes.length} bytes`,
      };
    } finally {
      await file.close();
    }
  },
});
