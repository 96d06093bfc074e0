/** Rules for `image_url`: a string; a data URL must be base64 of an image of the kind that it says. */
import type { Json } from '../server/json.ts';
import { refuseDetail, refuseMissing, refuseParameter, refuseType } from './refusals.ts';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Media type → what its files begin with. */
export function looksLike(mediaType: string, bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  switch (mediaType) {
    case 'image/png':
      return text.startsWith('\x89PNG\r\n\x1a\n');
    case 'image/jpeg':
      return text.startsWith('\xff\xd8\xff');
    case 'image/gif':
      return text.startsWith('GIF87a') || text.startsWith('GIF89a');
    case 'image/webp':
      return text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP';
    case 'application/pdf':
      return text.startsWith('%PDF-');
    default:
      return false;
  }
}

/** The longer side of a PNG; of other kinds nobody here looks. */
export function longSidePixels(bytes: Buffer): number {
  return looksLike('image/png', bytes) && bytes.length >= 24 ? Math.max(bytes.readUInt32BE(16), bytes.readUInt32BE(20)) : 0;
}

/** A document as a data URL, with its name (Chat Completions, Responses). */
export function checkFileData(name: Json | undefined, data: Json | undefined, path: string): void {
  if (data === undefined) throw refuseMissing(`${path}.file_data`);
  if (typeof data !== 'string') throw refuseType(`${path}.file_data`, 'a string', data);
  if (typeof name !== 'string' || name === '') throw refuseMissing(`${path}.filename`);
  const [, type = '', text = ''] = /^data:([a-z]+\/[a-z.+-]+);base64,(.*)$/s.exec(data) ?? [];
  const bytes = decodeBase64(text);
  if (bytes === undefined || (type === 'application/pdf' && !looksLike(type, bytes))) {
    throw refuseParameter(`Invalid file data: '${path}.file_data'. Expected a base64-encoded data URL of the file.`, path, 'invalid_value');
  }
}

/** The bytes of strict base64 (RFC 4648, section 4), or undefined. */
export function decodeBase64(text: string): Buffer | undefined {
  return BASE64.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : undefined;
}

export function checkImageUrl(url: Json | undefined, path: string, remoteAllowed: boolean): void {
  if (url === undefined) throw refuseMissing(path);
  if (typeof url !== 'string') throw refuseType(path, 'a string', url);
  if (/^https?:\/\//.test(url)) {
    if (!remoteAllowed) throw refuseDetail('Only data URLs are supported for images.');
    return;
  }
  const match = /^data:(image\/[a-z+]+);base64,(.*)$/s.exec(url);
  if (match === null) {
    throw refuseParameter(
      `Invalid '${path}'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix.`,
      path,
      'invalid_value',
    );
  }
  const bytes = decodeBase64(match[2] ?? '');
  if (bytes === undefined || !looksLike(match[1] ?? '', bytes)) {
    throw refuseParameter(
      'The image data you provided does not represent a valid image. Please check your input and try again with one of the supported image formats: jpeg, png, gif, webp.',
      path,
      'invalid_image',
    );
  }
}
