/**
 * `-i FILE`: reads an image or a PDF, by what it is and not by its name. What the provider takes of it (kind, pixels, pages,
 * number) is checked when the request is made, before anything is sent.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { type MediaPart, readMediaFacts } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';

/** No provider takes more of one file. */
const FILE_BYTES_MAX = 48 * 1024 * 1024;
const FILES_MAX = 500;

/** @throws {CliError} `CLI_BAD_MEDIA`. */
export function readMediaFiles(paths: readonly string[], workingDirectory: string): MediaPart[] {
  if (paths.length > FILES_MAX) throw new CliError('CLI_BAD_MEDIA', `-i: ${paths.length} files; the limit is ${FILES_MAX}`);
  return paths.map((path) => readMediaFile(resolve(workingDirectory, path), path));
}

function readMediaFile(path: string, shown: string): MediaPart {
  const bytes = readRegularFile(path, shown);
  const facts = readMediaFacts(bytes);
  if (facts === undefined) throw new CliError('CLI_BAD_MEDIA', `${shown} is no PNG, JPEG, GIF or WebP image and no PDF document`);
  return { type: 'media', mediaType: facts.mediaType, data: bytes.toString('base64'), filename: basename(path) };
}

function readRegularFile(path: string, shown: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new CliError('CLI_BAD_MEDIA', `${shown} is not a regular file`);
    if (status.size > FILE_BYTES_MAX) throw new CliError('CLI_BAD_MEDIA', `${shown} has ${status.size} bytes; the limit is ${FILE_BYTES_MAX}`);
    return readFileSync(descriptor);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_BAD_MEDIA', `${shown} cannot be read (${code})`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
