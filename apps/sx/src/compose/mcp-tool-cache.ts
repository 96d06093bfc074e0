/**
 * Lists of MCP tools between sessions: `SX_HOME/mcp-tools/<hash>.json`, one a server. They are why a server need not run before
 * it is called.
 *
 * The hash is of what the server is (command, arguments, directory, names of variables; or URL), so a changed server is a new
 * one. A list of more than a day is used all the same, and asked for again. What is read is as foreign as what a server says:
 * `@sx/mcp` judges it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { readFileOnce, writeFileWhole } from '@sx/config';
import { isObject, parseJson } from '@sx/llm';
import { mcpLimits, type ServerSpec, type ToolCache } from '@sx/mcp';

const STALE_AFTER_MS = 24 * 60 * 60_000;

export function createToolCache(stateDirectory: string, now: () => number = Date.now): ToolCache {
  const fileOf = (spec: ServerSpec): string => join(stateDirectory, 'mcp-tools', `${hashOf(spec)}.json`);
  return {
    read(spec) {
      try {
        const content = readFileOnce(fileOf(spec), 4 * mcpLimits.definitionsBytesMax);
        const noted = content === undefined ? undefined : parseJson(Buffer.from(content.bytes).toString('utf8'));
        if (!isObject(noted) || !Array.isArray(noted['tools'])) return undefined;
        return { tools: noted['tools'], stale: !(Math.abs(now() - Number(noted['atMs'])) < STALE_AFTER_MS) };
      } catch {
        return undefined;
      }
    },
    write(spec, tools) {
      try {
        const text = JSON.stringify({ atMs: now(), server: spec.name, tools });
        if (Buffer.byteLength(text) <= 4 * mcpLimits.definitionsBytesMax) writeFileWhole(fileOf(spec), text);
      } catch {
        // Without a note the server is asked again.
      }
    },
  };
}

/** Without values of variables and fields: they may be secrets. */
function hashOf(spec: ServerSpec): string {
  const what = spec.kind === 'stdio'
    ? [spec.command, spec.args, spec.cwd ?? null, Object.keys(spec.environment)]
    : [spec.url, spec.fields.map(([name]) => name)];
  return createHash('sha256').update(JSON.stringify([spec.kind, spec.name, what])).digest('hex').slice(0, 32);
}
