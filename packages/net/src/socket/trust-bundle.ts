/**
 * Certificate bundles: PEM texts from files, folders or configuration, as single certificates.
 *
 * In: PEM with anything between the blocks (comments, the output of `openssl x509 -text`). Out: one PEM text a certificate.
 * `TRUSTED CERTIFICATE` blocks (OpenSSL's own form) lose the data that OpenSSL appends; CRLs, keys and other blocks are ignored.
 * Each block is parsed, so that a broken one is found here and not as an "unknown issuer" later. A file without a certificate is
 * an error: it was meant to add trust. Errors name the file and the key that led to it.
 */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { NetError } from '../net-error.ts';

/** A file or folder, and the name of the key or variable that it came from. */
export interface TrustPath {
  /** Absolute, or relative to the working directory of the process. */
  readonly path: string;
  /** `CA_FILE`, `SSL_CERT_FILE`, … for messages and the doctor. */
  readonly from: string;
}

/** @throws {NetError} `NET_BAD_TRUST` */
export function readBundleFile(source: TrustPath, bundleBytesMax: number): string[] {
  return certificatesOf(readText(source, source.path, bundleBytesMax), `${source.path} (${source.from})`);
}

/**
 * Every file of a folder; those without a certificate do not count, but one in all there must be. @throws {NetError}
 * `NET_BAD_TRUST`
 */
export function readBundleFolder(source: TrustPath, bundleBytesMax: number): string[] {
  let names: string[];
  try {
    names = readdirSync(source.path).toSorted();
  } catch (error) {
    throw unreadable(source, source.path, error);
  }
  const found = new Set<string>();
  for (const name of names) {
    const path = join(source.path, name);
    if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) continue;
    const text = readText(source, path, bundleBytesMax);
    if (BLOCK.test(text)) for (const pem of certificatesOf(text, `${path} (${source.from})`)) found.add(pem);
  }
  if (found.size === 0) throw badTrust(`no certificate in ${source.path} (${source.from})`, source.path);
  return [...found];
}

/** @param where - File and key, for the message. @throws {NetError} `NET_BAD_TRUST` */
export function certificatesOf(text: string, where: string): string[] {
  const certificates = [...text.matchAll(BLOCKS)].map((block, index) => toCertificate(block[2] ?? '', index + 1, where));
  if (certificates.length > 0) return certificates;
  throw badTrust(`no PEM certificate in ${where}${looksLikeDer(text) ? '; it looks like DER' : ''}`, where);
}

const BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const BLOCKS = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----([^-]*)(?:-----END \1-----|$|(?=-))/g;
const looksLikeDer = (text: string): boolean => text.startsWith('0\u0082') || text.startsWith('0\ufffd');

function toCertificate(base64: string, ordinal: number, where: string): string {
  try {
    const der = Buffer.from(base64, 'base64');
    return new X509Certificate(der.subarray(0, derLength(der))).toString();
  } catch (cause) {
    throw badTrust(`certificate ${ordinal} in ${where} is damaged`, where, cause);
  }
}

/** Bytes of the first DER value: what follows it in a TRUSTED CERTIFICATE is OpenSSL's. */
function derLength(der: Buffer): number {
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  return size === 0 || size > 4 ? der.length : 2 + size + der.readUIntBE(2, size);
}

function readText(source: TrustPath, path: string, bundleBytesMax: number): string {
  try {
    const { size } = statSync(path);
    if (size > bundleBytesMax) {
      throw new NetError('NET_BAD_TRUST', `${path} (${source.from}) has ${size} bytes; at most ${bundleBytesMax} are read`, {
        where: path, got: size, limit: bundleBytesMax,
      });
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof NetError ? error : unreadable(source, path, error);
  }
}

function unreadable(source: TrustPath, path: string, cause: unknown): NetError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
  return badTrust(`cannot read ${path} (${source.from}): ${code}`, path, cause);
}

export function badTrust(message: string, where: string, cause?: unknown): NetError {
  return new NetError('NET_BAD_TRUST', message, { where, hint: 'correct or unset the key that names it', cause });
}
