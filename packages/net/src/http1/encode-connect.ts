/** Encodes a CONNECT to a proxy (RFC 9110, section 9.3.6). Pure, and as strict as `encode-request.ts`. */
import type { Fields } from '../fields.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { TARGET } from './grammar.ts';
import { bad, forEachPair, HeadWriter, own, RESERVED_BUT_FOR_PROXY, writeField } from './head-writer.ts';

/** Where a proxy is to open a tunnel to. */
export interface ConnectTarget {
  /** As `new URL()` gives it: lower-case ASCII, IPv6 in brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/**
 * Encodes a CONNECT to a proxy, in authority-form, the port always written (RFC 9112, section 3.2.3).
 *
 * @param proxyFields - `Proxy-Authorization`, `User-Agent`.
 * @throws {NetError} `NET_BAD_REQUEST` as `encodeRequest`.
 */
export function encodeConnect(target: ConnectTarget, proxyFields: Fields = [], limits: Limits = defaultLimits): Uint8Array {
  const hostname = own(target, 'hostname');
  const port = own(target, 'port');
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw bad('no port from 1 to 65535', 'port');
  }
  if (typeof hostname !== 'string' || !isNormalHostname(hostname)) throw bad('not a normalized host name', 'hostname');
  const writer = new HeadWriter(limits.requestHeadBytesMax);
  writer.syntax('CONNECT ');
  writer.write(`${hostname}:${port}`, TARGET, 'the authority');
  writer.syntax(' HTTP/1.1\r\nHost: ');
  writer.write(`${hostname}:${port}`, TARGET, 'the authority');
  writer.syntax('\r\n');
  let count = 0;
  forEachPair(proxyFields, (name, value) => {
    count += 1;
    writeField(writer, name, value, count, limits, RESERVED_BUT_FOR_PROXY);
  });
  writer.syntax('\r\n');
  return writer.octets();
}

function isNormalHostname(hostname: string): boolean {
  if (!/^[!-~]+$/.test(hostname) || !URL.canParse(`http://${hostname}/`)) return false;
  const url = new URL(`http://${hostname}/`);
  return url.hostname === hostname && url.host === hostname && url.href === `http://${hostname}/`;
}
