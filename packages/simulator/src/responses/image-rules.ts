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
