/** `--json-schema FILE`, or the schema itself: read and checked before anything else happens. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { compileJsonSchema, type JsonSchema } from '@sx/agent';
import { parseJson } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';
import { decodeUtf8 } from './prompt-text.ts';

const SCHEMA_BYTES_MAX = 1024 * 1024;

/** @throws {CliError} `CLI_BAD_SCHEMA`; {AgentError} `AGENT_BAD_SCHEMA`, naming the JSON path. */
export function readJsonSchema(given: string, workingDirectory: string): JsonSchema {
  const inline = given.trimStart().startsWith('{');
  const text = inline ? given : decodeUtf8(readSchemaFile(resolve(workingDirectory, given), given), given);
  const value = parseJson(text);
  if (value === undefined) throw new CliError('CLI_BAD_SCHEMA', `${inline ? '--json-schema' : given} is no JSON`);
  return compileJsonSchema(value);
}

function readSchemaFile(path: string, shown: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new CliError('CLI_BAD_SCHEMA', `${shown} is not a regular file`);
    if (status.size > SCHEMA_BYTES_MAX) throw new CliError('CLI_BAD_SCHEMA', `${shown} has ${status.size} bytes; the limit is ${SCHEMA_BYTES_MAX}`);
    return readFileSync(descriptor);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_BAD_SCHEMA', `${shown} cannot be read (${code})`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
