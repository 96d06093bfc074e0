/** `-i FILE`: reads an image, by what it is and not by its name. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import type { MediaPart } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';

const IMAGE_BYTES_MAX = 20 * 1024 * 1024;
const IMAGES_MAX = 100;

export function readImages(paths: readonly string[], workingDirectory: string): MediaPart[] {
  if (paths.length > IMAGES_MAX) throw new CliError('CLI_BAD_IMAGE', `${paths.length} images; the limit is ${IMAGES_MAX}`);
  return paths.map((path) => readImage(resolve(workingDirectory, path), path));
}

function readImage(path: string, shown: string): MediaPart {
  const bytes = readRegularFile(path, shown);
  const mediaType = imageType(bytes);
  if (mediaType === undefined) throw new CliError('CLI_BAD_IMAGE', `${shown} is no PNG, JPEG, GIF or WebP image`);
  return { type: 'media', mediaType, data: bytes.toString('base64'), filename: basename(path) };
}

function readRegularFile(path: string, shown: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new CliError('CLI_BAD_IMAGE', `${shown} is not a regular file`);
    if (status.size > IMAGE_BYTES_MAX) throw new CliError('CLI_BAD_IMAGE', `${shown} has ${status.size} bytes; the limit is ${IMAGE_BYTES_MAX}`);
    return readFileSync(descriptor);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_BAD_IMAGE', `${shown} cannot be read (${code})`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  return head.startsWith('RIFF') && head.slice(8) === 'WEBP' ? 'image/webp' : undefined;
}
